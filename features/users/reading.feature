@contract
Feature: Reading an account
  An id always leads to the same user, and never to anyone else. Every integration
  relies on that.

  @rule.read-200
  Rule: A known id shows its user

    @smoke
    Example: Ada's account is shown
      Given Ada is a user
      When support reads Ada's account
      Then Ada's account is shown as created

    Example: Ada's account is shown the same every time
      Given Ada is a user
      When support reads Ada's account 3 times
      Then Ada's account is shown as created

    @edge
    Example: Ada's account is shown by their percent-encoded id
      Given Ada is a user
      When a client reads Ada's account by a percent-encoded id
      Then Ada's account is shown as created

    @edge
    Example: Ada's account is shown to a client that has an old copy
      Given Ada is a user
      When a client asks for Ada's account if it has changed since 1994
      Then Ada's account is shown as created

    @edge @slow @use.with_changes=yes
    Example: Ada's account is shown to a client that asks whether it has changed
      Given Ada is a user
      When a client reads Ada's account, the name changes, and the client asks whether the account has changed
      Then the read shows Ada's current data

    @edge
    Example: Grace's account is shown although its id was asked for before it was given
      Given Ada is a user
      And support has asked for the ids that come after Ada's, if ids are numbers
      When Grace signs up
      And support reads Grace's account
      Then Grace's account is shown as created

    Example: Each id shows its own user
      Given Ada, Grace, Alan and Barbara are users
      When support reads each account
      Then each account is shown as created

    @edge
    Scenario Outline: The account of a user with <value> is shown
      Given Ada is a user with <value>
      When support reads Ada's account
      Then Ada's account is shown as created

      Examples:
        | value                        |
        | a name in Chinese characters |
        | a name of 200 characters     |
        | an email in upper case       |
        | an email with a +tag         |

  @rule.read-404
  Rule: An unknown id shows no user

    @negative
    Scenario Outline: Reading a user whose id is <id>
      Given Ada is a user
      When a client reads the user whose id is <id>
      Then the API answers that there is no such user

      Examples:
        | id                            | why                                         |
        | an id that was never assigned | it has the right form but is no user's id   |
        | a word                        | a client may send anything as an id         |
        | Ada's id after a minus sign   | a minus sign makes it a different id        |
        | 25 digits                     | the number is too large for a database      |
        | 200 letters                   | the text is too long for a database column  |
        | an emoji                      | a client may send anything as an id         |
        | Ada's id plus one character   | the beginning of an id is not the id        |
        | an SQL expression             | it must not reach the database              |
        | the word constructor          | every JavaScript object has this property   |

    @negative @edge
    Example: Ada's old id shows nobody after Grace took Ada's old email
      Given Ada is a former user
      When Grace signs up with Ada's email once it is free
      Then Ada's account is gone

    @negative @edge
    Example: Reading by ids that resemble Ada's
      Given Ada is a user
      When a client tries to read a user by each id that resembles Ada's
      Then the API answers that there is no such user
