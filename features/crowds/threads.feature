@contract @concurrency @threads
Feature: Many at once, from threads
  The same promises, kept towards clients of another make: blocking calls from many
  threads, as most programs make them.

  @rule.burst
  Rule: Everybody who signs up from a thread becomes a user of her own

    Example: 20 people from 20 threads
      When 20 people sign up from as many threads
      Then each of them is welcomed under an id of her own, with her own name and address
      And each of them is shown as she was welcomed
      And each of them is in the list once

  @rule.race-email @race @edge
  Rule: Of many threads that want one address, exactly one gets it

    Example: Threads sign up at once with one address
      Given the contenders are threads that a barrier lets go together
      When many sign up at once with one address, round after round
      Then in every round exactly one becomes a user and holds the address, and the others are refused
