@contract
Feature: Looking at one user
  Whoever has the id of a user sees that user, every time the same, and nobody else.

  @rule.read-200
  Rule: A known id shows its user

    @smoke
    Example: Ada is shown
      Given Ada is a user
      When Ada is looked at
      Then Ada is seen as she signed up

    Example: Ada is shown the same every time
      Given Ada is a user
      When Ada is looked at 3 times
      Then Ada is seen as she signed up each time

    Example: Each id shows its own user
      Given Ada, Grace, Alan and Barbara are users
      When each of them is looked at
      Then each of them is seen as she signed up

    @edge
    Scenario Outline: A user with <quirk> is shown
      Given a user with <quirk>
      When she is looked at
      Then she is seen as she signed up

      Examples:
        | quirk                        |
        | a name in Chinese characters |
        | a name of 200 characters     |
        | an address in capitals       |
        | an address with a +tag       |

  @rule.read-404
  Rule: An unknown id shows nobody

    @negative
    Scenario Outline: Nobody has <id>
      Given Ada is a user
      When the user with <id> is looked at
      Then nobody is found

      Examples:
        | id                            | why                                  |
        | an id that was never given    | it looks right, but nobody has it    |
        | a word for an id              | an id may look like anything         |
        | a minus and Ada's id          | a sign before a number counts        |
        | 25 digits for an id           | no number of a database is so large  |
        | 200 letters for an id         | no column of a database is so wide   |
        | an emoji for an id            | an id may look like anything         |
        | Ada's id and a character more | the beginning of an id is not the id |
        | an id with quotation marks    | it may reach a database              |
        | the word constructor          | programs know it without any user    |
