@contract @concurrency @async @burst
Feature: Many people sign up at once
  A campaign goes out, and a thousand people sign up in the same second. Nobody may be
  lost, mixed up with a neighbour, or given somebody else's id.

  @rule.burst
  Rule: Everybody in a burst becomes a user of her own

    Scenario Outline: <count> people at once
      When <count> people sign up at once
      Then all of them were under way at the same moment
      And each of them is welcomed under an id of her own, with her own name and address
      And each of them is shown as she was welcomed
      And each of them is in the list once

      Examples:
        | count |
        | 20    |
        | 50    |

    Example: As many people as this run asks for
      When as many people as this run asks for sign up at once
      Then all of them were under way at the same moment
      And each of them is welcomed under an id of her own, with her own name and address
      And each of them is shown as she was welcomed
      And each of them is in the list once
