@contract @negative
Feature: Invalid data is refused
  Bad data that gets in stays in. A refusal says so, and leaves everything as it was.

  @rule.create-invalid
  Rule: Nobody becomes a user without a proper name and address

    Scenario Outline: Mallory signs up with <flaw>
      Given the people who are there are known
      When Mallory signs up with the flaw "<flaw>"
      Then she is refused as invalid
      And nobody new is there

      Examples: names
        | flaw                     | why                             |
        | no name                  | a user has a name               |
        | null as a name           | nothing is not a name           |
        | a number as a name       | a name is text                  |
        | an empty name            | a name has a character at least |
        | a name of spaces         | white space is not a name       |
        | a name of 201 characters | a name has 200 at most          |
        | zero as a name           | a name is text                  |
        | a fraction as a name     | a name is text                  |
        | a name of tabs           | white space is not a name       |
        | a name of wide spaces    | white space is not a name       |
        | a name of 201 emoji      | a name has 200 at most          |
        | a list as a name         | a name is text                  |
        | an object as a name      | a name is text                  |
        | a truth value as a name  | a name is text                  |

      Examples: addresses
        | flaw                                  | why                              |
        | no address                            | a user has an address            |
        | null as an address                    | nothing is not an address        |
        | a number as an address                | an address is text               |
        | an empty address                      | there is no way to deliver to it |
        | an address without @                  | there is no way to deliver to it |
        | an address with a space               | an address has none              |
        | an address with two @                 | an address has one               |
        | an address with two @ in a row        | an address has one               |
        | an address with a space before it     | an address has none              |
        | an address with a space behind it     | an address has none              |
        | an address with a space in its domain | an address has none              |
        | a list as an address                  | an address is text               |
        | an address without a domain           | there is no way to deliver to it |
        | an address of 255 characters          | an address has 254 at most       |
        | an address of 300 characters          | an address has 254 at most       |

    Scenario Outline: Mallory sends <what> instead of a newcomer
      Given the people who are there are known
      When Mallory sends "<what>" instead of a newcomer
      Then she is refused as invalid
      And nobody new is there

      Examples:
        | what                   | why                        |
        | an empty object        | nothing is filled in       |
        | an empty list          | a list is not a newcomer   |
        | a list of one newcomer | a list is not a newcomer   |
        | a text                 | a text is not a newcomer   |
        | a number               | a number is not a newcomer |
        | null                   | nothing is not a newcomer  |
        | an empty body          | nothing is not a newcomer  |

    Example: Invalid data does not get in the way of the next newcomer
      Given the people who are there are known
      When Mallory signs up with the flaw "no name"
      And Mallory signs up properly
      Then Mallory is welcomed

  @rule.update-invalid
  Rule: An invalid change changes nothing, its valid part included

    Scenario Outline: Ada is changed with <flaw>
      Given Ada is a user
      When Ada is changed with the flaw "<flaw>"
      Then it is refused as invalid
      And Ada is as she was

      Examples: names, together with a valid address
        | flaw                     |
        | null as a name           |
        | a number as a name       |
        | an empty name            |
        | a name of spaces         |
        | a name of 201 characters |

      Examples: addresses, together with a valid name
        | flaw                         |
        | null as an address           |
        | a number as an address       |
        | an empty address             |
        | an address without @         |
        | an address with a space      |
        | an address with two @        |
        | an address without a domain  |
        | an address of 255 characters |

    Scenario Outline: Ada is changed with <flaw> alone
      Given Ada is a user
      When Ada is changed with the flaw "<flaw>" alone
      Then it is refused as invalid
      And Ada is as she was

      Examples:
        | flaw                     |
        | null as a name           |
        | a number as a name       |
        | an empty name            |
        | a name of spaces         |
        | a name of 201 characters |
        | an address without @     |
        | an address with a space  |
        | null as an address       |
        | an empty address         |

    Scenario Outline: Ada is changed with <what> instead of fields
      Given Ada is a user
      When Ada is changed with "<what>" instead of fields
      Then it is refused as invalid
      And Ada is as she was

      Examples:
        | what                   |
        | an empty list          |
        | a list of one newcomer |
        | a text                 |
        | a number               |
        | null                   |

    @use.with_put=yes
    Scenario Outline: Ada is replaced with <what> instead of fields
      Given Ada is a user
      When Ada is replaced with "<what>" instead of fields
      Then it is refused as invalid
      And Ada is as she was

      Examples:
        | what                   |
        | an empty list          |
        | a list of one newcomer |
        | a text                 |
        | null                   |

    @use.with_put=yes
    Scenario Outline: Ada is replaced with <flaw>
      Given Ada is a user
      When Ada is replaced with the flaw "<flaw>"
      Then it is refused as invalid
      And Ada is as she was

      Examples: names, together with a valid address
        | flaw                     |
        | null as a name           |
        | a number as a name       |
        | an empty name            |
        | a name of spaces         |
        | a name of 201 characters |

      Examples: addresses, together with a valid name
        | flaw                         |
        | null as an address           |
        | a number as an address       |
        | an empty address             |
        | an address without @         |
        | an address with a space      |
        | an address with two @        |
        | an address without a domain  |
        | an address of 255 characters |

    Example: Mallory sends invalid changes of every kind
      Given Mallory is a user
      When Mallory sends invalid changes of every kind
      Then each of them is refused as invalid
      And Mallory is as she was, wherever she is shown

    @use.with_put=yes
    Example: Mallory is replaced with invalid values of every kind
      Given Mallory is a user
      When Mallory is replaced with invalid values of every kind
      Then each of them is refused as invalid
      And Mallory is as she was, wherever she is shown

    Example: The address in a refused change stays free
      Given Ada is a user
      When Ada is changed with the flaw "an empty name"
      And Grace signs up with the address that was refused
      Then Grace is welcomed with this address

    @use.with_put=yes
    Example: The address in a refused replacement stays free
      Given Ada is a user
      When Ada is replaced with the flaw "an empty name"
      And Grace signs up with the address that was refused
      Then Grace is welcomed with this address

    Scenario Outline: Ada keeps her own address through a change with <flaw>
      Given Ada is a user
      When Ada is changed with the flaw "<flaw>"
      And Mallory signs up with Ada's address
      Then Mallory is refused because the address is taken
      And exactly Ada is found by her address

      Examples:
        | flaw                 |
        | an empty name        |
        | an address without @ |

    @use.with_put=yes
    Scenario Outline: Ada keeps her own address through a replacement with <flaw>
      Given Ada is a user
      When Ada is replaced with the flaw "<flaw>"
      And Mallory signs up with Ada's address
      Then Mallory is refused because the address is taken
      And exactly Ada is found by her address

      Examples:
        | flaw                 |
        | an empty name        |
        | an address without @ |
