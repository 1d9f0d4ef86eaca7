@contract @concurrency @async @race @edge
Feature: One address in the same moment
  An impatient click on "sign up" sends the form twice. A check that looks first and
  writes later lets both through, and two users share one address from then on.

  @rule.race-email
  Rule: Of many who want one address in the same moment, exactly one gets it

    Scenario Outline: Many sign up at once with <what>
      When many sign up at once with <what>, round after round
      Then in every round exactly one becomes a user and holds the address, and the others are refused

      Examples:
        | what                                 |
        | one address                          |
        | one address in different letter case |

    Example: Several users move to one address
      When several users move at once to one address, round after round
      Then in every round exactly one gets the address, and the others stay as they were

    @use.with_put=yes
    Example: Several users move to one address by replacing what is known of them
      When several users are replaced at once with one address, round after round
      Then in every round exactly one gets the address, and the others stay as they were

    Example: Some sign up with an address, and others move to it
      When some sign up with one address while others move to it, round after round
      Then in every round exactly one gets the address, and the others stay as they were

    Example: One signs up with the address of another who is leaving
      When Ada signs up with Grace's address at the moment when Grace leaves, round after round
      Then in every round one came before the other, and nothing in between is seen
