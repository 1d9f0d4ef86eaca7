@contract @negative
Feature: Unknown users cannot be changed
  A client that tries to change an unknown user is mistaken. Its request must not
  create a user.

  @rule.update-404
  Rule: A change to an unknown user is refused and creates no user

    @use.with_patch=yes
    Scenario Outline: Updating a user who <state>
      Given Grace is a user
      When a client sends an update for a user who <state>
      Then the API answers that there is no such user
      And no user has the id or the email of the request
      And Grace's account is unchanged

      Examples:
        | state         |
        | never existed |
        | was deleted   |

    @use.with_put=yes
    Scenario Outline: Replacing a user who <state>
      Given Grace is a user
      When a client sends a replacement for a user who <state>
      Then the API answers that there is no such user
      And no user has the id or the email of the request
      And Grace's account is unchanged

      Examples:
        | state         |
        | never existed |
        | was deleted   |

    @use.with_patch=yes
    Example: The email in an update of an unknown user stays free
      Given Ada is a user
      When a client sends an update for a user who never existed
      And Grace signs up with the email of the refused change
      Then Grace's account is created

    @use.with_put=yes
    Example: The email in a replacement of an unknown user stays free
      Given Ada is a user
      When a client sends a replacement for a user who never existed
      And Grace signs up with the email of the refused change
      Then Grace's account is created

    @use.with_patch=yes
    Scenario Outline: Updating a user whose id is <id>
      Given Ada is a user
      When a client sends an update for the user whose id is <id>
      Then the API answers that there is no such user
      And Ada's account is unchanged

      Examples:
        | id                          |
        | a word                      |
        | Ada's id plus one character |

    @use.with_put=yes
    Scenario Outline: Replacing a user whose id is <id>
      Given Ada is a user
      When a client sends a replacement for the user whose id is <id>
      Then the API answers that there is no such user
      And Ada's account is unchanged

      Examples:
        | id                          |
        | a word                      |
        | Ada's id plus one character |

    @edge @use.with_patch=yes
    Example: Updating by ids that resemble Ada's
      Given Ada is a user
      When a client sends an update for each id that resembles Ada's
      Then the API answers that there is no such user
      And no request for another id has changed Ada's account

    @edge @use.with_put=yes
    Example: Replacing by ids that resemble Ada's
      Given Ada is a user
      When a client sends a replacement for each id that resembles Ada's
      Then the API answers that there is no such user
      And no request for another id has changed Ada's account
