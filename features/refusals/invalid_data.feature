@contract @negative
Feature: Invalid data is refused
  Bad data is hard to remove once it is stored. A refusal says what is wrong and
  changes nothing.

  @rule.create-invalid
  Rule: Signing up needs a valid name and a valid email

    Scenario Outline: Mallory signs up with <value>
      Given the list of users is noted
      When Mallory signs up with <value>
      Then the request is refused as invalid
      And no user was created

      Examples: names
        | value                        | why                               |
        | no name                      | a name is required                |
        | null as the name             | a name is a string                |
        | a number as the name         | a name is a string                |
        | an empty name                | a name has at least one character |
        | a name of spaces             | white space is not a name         |
        | a name of 201 characters     | a name has at most 200            |

      Examples: emails
        | value                               | why                            |
        | no email                            | an email is required           |
        | null as the email                   | an email is a string           |
        | a number as the email               | an email is a string           |
        | an empty email                      | no mail can be delivered to it |
        | an email without @                  | no mail can be delivered to it |
        | an email with a space               | an email has no spaces         |
        | an email with two @                 | an email has exactly one       |
        | an email without a domain           | no mail can be delivered to it |
        | an email of 255 characters          | an email has at most 254       |

    @slow
    Scenario Outline: A client signs up with each of the <values>
      Given the list of users is noted
      When a client signs up with each of the <values>
      Then each request is refused as invalid
      And half a second later, no user has been created

      Examples:
        | values                             |
        | names of nothing but white space   |
        | names of more than 200 characters  |
        | names that are not strings         |
        | emails with white space            |
        | emails that are not strings        |
        | emails with no or several @        |
        | emails of more than 254 characters |

    Example: Mallory signs up with field names in another letter case
      Given the list of users is noted
      When Mallory signs up with field names in another letter case
      Then the request is refused as invalid
      And no user was created

    Example: Mallory signs up with all fields inside a further object
      Given the list of users is noted
      When Mallory signs up with all fields inside a further object
      Then the request is refused as invalid
      And no user was created

    Example: Mallory signs up with an empty object
      Given the list of users is noted
      When Mallory signs up with an empty object
      Then the request is refused as invalid
      And no user was created

    Scenario Outline: Mallory signs up with <body> instead of an object
      Given the list of users is noted
      When Mallory signs up with <body> instead of an object
      Then the request is refused as invalid
      And no user was created

      Examples:
        | body               |
        | an empty list      |
        | a list of one user |
        | a string           |
        | a number           |
        | null               |

    Example: Valid data is accepted after invalid data
      When Mallory signs up with no name
      And Mallory signs up
      Then Mallory's account is created

  @rule.update-invalid
  Rule: No part of an invalid change takes effect, not even a valid one
    Except where the invalid field is sent alone, an invalid name comes with a valid new
    email, and vice versa.

    @use.with_patch=yes
    Scenario Outline: Ada updates their account with <value>
      Given Ada is a user
      When Ada updates their account with <value>
      Then the request is refused as invalid
      And Ada's account is unchanged

      Examples: names, together with a valid email
        | value                    |
        | null as the name         |
        | a number as the name     |
        | an empty name            |
        | a name of spaces         |
        | a name of 201 characters |

      Examples: emails, together with a valid name
        | value                      |
        | null as the email          |
        | a number as the email      |
        | an empty email             |
        | an email without @         |
        | an email with a space      |
        | an email with two @        |
        | an email without a domain  |
        | an email of 255 characters |

    @use.with_patch=yes
    Scenario Outline: Ada updates their account with only <value>
      Given Ada is a user
      When Ada updates their account with only <value>
      Then the request is refused as invalid
      And Ada's account is unchanged

      Examples:
        | value                          |
        | null as the name               |
        | a number as the name           |
        | an empty name                  |
        | a name of spaces               |
        | a name of 201 characters       |
        | an email without @             |
        | an email with a space          |
        | an email with a trailing space |
        | null as the email              |
        | an empty email                 |

    @use.with_patch=yes
    Example: Ada updates their account with a merge patch whose name is null
      Given Ada is a user
      When Ada sends a merge patch with null as the name and a new email
      Then the request is refused as invalid or for its media type
      And Ada's account is unchanged

    @use.with_patch=yes
    Scenario Outline: Ada updates their account with <body> instead of an object
      Given Ada is a user
      When Ada updates their account with <body> instead of an object
      Then the request is refused as invalid
      And Ada's account is unchanged

      Examples:
        | body               |
        | an empty list      |
        | a list of one user |
        | a string           |
        | a number           |
        | null               |

    @use.with_put=yes
    Scenario Outline: Ada replaces their account with <body> instead of an object
      Given Ada is a user
      When Ada replaces their account with <body> instead of an object
      Then the request is refused as invalid
      And Ada's account is unchanged

      Examples:
        | body               |
        | an empty list      |
        | a list of one user |
        | a string           |
        | null               |

    @use.with_put=yes
    Scenario Outline: Ada replaces their account with <value>
      Given Ada is a user
      When Ada replaces their account with <value>
      Then the request is refused as invalid
      And Ada's account is unchanged

      Examples: names, together with a valid email
        | value                    |
        | null as the name         |
        | a number as the name     |
        | an empty name            |
        | a name of spaces         |
        | a name of 201 characters |

      Examples: emails, together with a valid name
        | value                      |
        | null as the email          |
        | a number as the email      |
        | an empty email             |
        | an email without @         |
        | an email with a space      |
        | an email with two @        |
        | an email without a domain  |
        | an email of 255 characters |

    @use.with_patch=yes @slow
    Example: Mallory updates their account with every invalid value
      Given Mallory is a user
      When Mallory updates their account with every invalid value
      Then each request is refused as invalid
      When Alan signs up
      Then half a second later, Mallory's account is still unchanged
      And Mallory's account is unchanged in every view

    @use.with_put=yes @slow
    Example: Mallory replaces their account with every invalid value
      Given Mallory is a user
      When Mallory replaces their account with every invalid value
      Then each request is refused as invalid
      When Alan signs up
      Then half a second later, Mallory's account is still unchanged
      And Mallory's account is unchanged in every view

    @use.with_patch=yes
    Scenario Outline: After a refused update with <value>, an update of the <field> changes nothing else
      Given Ada is a user
      When Ada updates their account with <value>
      And Ada changes their <field>
      Then Ada's update changes nothing else

      Examples:
        | value              | field |
        | an email without @ | email |
        | an empty name      | name  |

    @use.with_patch=yes
    Example: The email of a refused update stays free
      Given Ada is a user
      When Ada updates their account with an empty name
      And Grace signs up with the email of the refused change
      Then Grace's account is created

    @use.with_put=yes
    Example: The email of a refused replacement stays free
      Given Ada is a user
      When Ada replaces their account with an empty name
      And Grace signs up with the email of the refused change
      Then Grace's account is created

    @use.with_patch=yes
    Scenario Outline: Ada keeps their email after an update with <value> is refused
      Given Ada is a user
      When Ada updates their account with <value>
      And Mallory signs up with Ada's email
      Then Mallory is refused because the email is taken
      And only Ada is found by their email

      Examples:
        | value              |
        | an empty name      |
        | an email without @ |

    @use.with_put=yes
    Scenario Outline: Ada keeps their email after a replacement with <value> is refused
      Given Ada is a user
      When Ada replaces their account with <value>
      And Mallory signs up with Ada's email
      Then Mallory is refused because the email is taken
      And only Ada is found by their email

      Examples:
        | value              |
        | an empty name      |
        | an email without @ |
