@contract
Feature: Signing up
  A client that has the token can sign up anyone with a name and an email. From that
  moment on, the API shows their account as it was created, under an id of its own.

  @rule.create-201
  Rule: A valid name and email create an account immediately

    @smoke
    Example: Ada signs up
      When Ada signs up
      Then Ada's account is created
      And a read of Ada's account shows the same

    Example: Ada signs up after Grace
      Given Grace is a user
      When Ada signs up
      Then Ada's account is created
      And a read of Ada's account shows the same

    Example: Five users sign up one after another
      When Ada, Alan, Barbara, Edsger and Frances sign up one after another
      Then each account is created and shown with its own name and email

    @edge
    Scenario Outline: Ada signs up with <value>
      When Ada signs up with <value>
      Then Ada's account is created
      And a read of Ada's account shows the same

      Examples:
        | value                            | why                                    |
        | a name of 200 characters         | the maximum length                     |
        | a name of 200 Chinese characters | the limit counts characters, not bytes |
        | a name in Chinese characters     | names come in every script             |
        | an email of maximum length       | 254 characters are allowed             |
        | an email with a +tag             | users filter their mail by it          |
        | an email in upper case           | some users write it that way           |

    @edge
    Example: An email with a +tag differs from the same email without it
      Given Grace is a user
      When Ada signs up with Grace's email plus a +tag
      Then Ada's account is created
      And Grace's account is unchanged

    @edge
    Scenario Outline: Ada signs up with an email that <relation> Grace's
      Given Grace is a user
      When Ada signs up with an email that <relation> Grace's
      Then Ada's account is created
      And Grace's account is unchanged

      Examples:
        | relation                      | why                                  |
        | differs by an underscore from | an underscore is a database wildcard |
        | omits the dots in             | dots are part of an email            |

    Example: Ada signs up with Grace's name
      Given Grace is a user
      When Ada signs up with Grace's name
      Then Ada's account is created
      And Grace's account is unchanged

    Example: Ada signs up after Grace's account was deleted
      Given Grace is a former user
      When Ada signs up
      Then Ada's account is created
      And a read of Ada's account shows the same

    Scenario Outline: Ada sends a sign-up that has <written>
      When Ada sends a sign-up that has <written>
      Then Ada's account is created
      And a read of Ada's account shows the same

      Examples:
        | written                       |
        | the email before the name     |
        | white space around every part |

  @rule.user-shape
  Rule: Every answer that shows a user has their id, name, email and creation date
    An id is a string, such as "7", not the number 7.

    @edge
    Scenario Outline: Every user is complete when a client <does>
      When a client <does>
      Then each of the suite's users in the answers has a valid id, name, email and creation date

      Examples:
        | does         |
        | signs up     |
        | reads a user |

    @use.with_list=yes
    Example: Every user is complete when a client reads the list
      When a client reads the list
      Then each of the suite's users in the answers has a valid id, name, email and creation date

    @edge @use.with_email_filter=yes
    Example: Every user is complete when a client searches by email
      When a client searches by email
      Then each of the suite's users in the answers has a valid id, name, email and creation date

    @edge @use.with_pages=yes
    Example: Every user is complete when a client reads a page
      When a client reads a page
      Then each of the suite's users in the answers has a valid id, name, email and creation date

    @edge @use.with_patch=yes
    Example: Every user is complete when a client updates a user
      When a client updates a user
      Then each of the suite's users in the answers has a valid id, name, email and creation date

    @edge @use.with_put=yes
    Example: Every user is complete when a client replaces a user
      When a client replaces a user
      Then each of the suite's users in the answers has a valid id, name, email and creation date

  @rule.server-owned
  Rule: Users cannot set their own id, creation date or rights
    A client that could set them could pass for another user, for a long-standing user or for an administrator.

    @negative
    Scenario Outline: Mallory signs up with <field>
      Given Grace is a user
      When Mallory signs up with <field>
      Then Mallory's sign-up is refused as invalid or accepted without <field>
      And Grace's account is unchanged

      Examples:
        | field                       | why                                         |
        | a made-up id                | the server assigns ids                      |
        | Grace's id                  | it would overwrite Grace's account          |
        | a past creation date        | it would make the account look old          |
        | administrator rights        | the contract has no such field              |
        | an administrator role       | the contract has no such field              |
        | nested administrator rights | the contract has no such field at any depth |
        | a date of deletion          | some databases hide whoever has one         |
        | database operators          | some databases would carry them out         |
        | a __proto__ field           | every user could inherit what is in it      |
        | an _id field                | some databases use this field as the id     |
        | a created_at field          | some databases use it as the creation date  |
        | a NAME field                | letter case makes it another field          |

    @negative @use.with_patch=yes
    Scenario Outline: Mallory sends <field> with an update
      Given Mallory is a user
      When Mallory sends <field> with an update
      Then Mallory's change is refused as invalid or accepted without <field>

      Examples:
        | field                     |
        | a made-up id              |
        | a past creation date      |
        | null as the creation date |
        | a date of deletion        |
        | database operators        |
        | administrator rights      |
        | an _id field              |
        | a created_at field        |
        | a NAME field              |

    @negative @use.with_patch=yes
    Scenario Outline: Mallory sends <field> with a second update
      Given Mallory is a user
      And Mallory has changed their name with an update
      When Mallory sends <field> with an update
      Then Mallory's change is refused as invalid or accepted without <field>

      Examples:
        | field                |
        | a made-up id         |
        | a past creation date |

    @negative @use.with_put=yes
    Scenario Outline: Mallory sends <field> with a replacement
      Given Mallory is a user
      When Mallory sends <field> with a replacement
      Then Mallory's change is refused as invalid or accepted without <field>

      Examples:
        | field                     |
        | a made-up id              |
        | a past creation date      |
        | null as the creation date |
        | a date of deletion        |
        | database operators        |
        | administrator rights      |
        | a NAME field              |

    @negative @use.with_patch=yes
    Example: Mallory sends Grace's id with an update
      Given Grace and Mallory are users
      When Mallory sends Grace's id with an update
      Then Mallory's change is refused as invalid or accepted without Grace's id
      And Grace's account is unchanged

    @negative @use.with_put=yes
    Example: Mallory sends Grace's id with a replacement
      Given Grace and Mallory are users
      When Mallory sends Grace's id with a replacement
      Then Mallory's change is refused as invalid or accepted without Grace's id
      And Grace's account is unchanged
