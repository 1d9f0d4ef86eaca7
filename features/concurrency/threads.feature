@contract @concurrency @threads
Feature: Concurrent requests from threads
  Many programs send each request from a thread of its own and wait for the answer. The
  same rules hold for them.

  @rule.burst
  Rule: Every sign-up from a thread creates its own account

    Example: 20 users sign up from 20 threads
      When 20 users sign up from as many threads
      Then each new user has their own id, name and email
      And each new user is shown as created
      And the list shows each new user exactly once

  @rule.race-email @race @edge @use.with_search=yes
  Rule: When several threads compete for one email, exactly one wins

    Example: Many users sign up from threads at once with one email
      Given each request is sent from a thread of its own
      When many users sign up at once with one email, round after round
      Then in every round exactly one user is created with the email and the others are refused
