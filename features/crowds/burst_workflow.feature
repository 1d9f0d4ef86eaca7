@contract @concurrency @async @burst @edge
Feature: Many whole lives at once
  People do not wait for each other: while one signs up, another changes her name and a
  third one leaves. Each of them sees only her own life.

  @rule.burst-workflow
  Rule: Lives that are lived at once do not disturb each other

    Scenario Outline: <count> lives at once
      Given Grace is a user
      When <count> people sign up, change their name, look and leave, all at once
      Then all of them were under way at the same moment
      And each life went as if nobody else had been there
      And Grace is as she was

      Examples:
        | count |
        | 10    |
        | 20    |

    Example: Many leave at once, and the others stay
      Given 40 people have signed up at once
      When every second one of them leaves, all at once
      Then all of them were under way at the same moment
      And those who left are gone, and the others are shown as they were welcomed
