@contract @concurrency @async @burst
Feature: Many users sign up at once
  After a campaign, a thousand users may sign up in the same second. Every one of them
  must get their own account, with their own id and data.

  @rule.burst
  Rule: Every sign-up in a burst creates its own account

    Scenario Outline: <count> users sign up at once
      When <count> users sign up at once
      Then all requests were in flight at the same time
      And each new user has their own id, name and email
      And each new user is shown as created
      And the list shows each new user exactly once

      Examples:
        | count |
        | 20    |
        | 50    |

    @negative
    Example: One taken email does not keep the others from signing up
      Given Grace is a user
      When 20 users sign up at once, and Mallory with Grace's email
      Then each new user has their own id, name and email
      And each new user is shown as created
      And Grace's account is unchanged

    Example: The configured number of users sign up at once
      When the configured number of users sign up at once
      Then all requests were in flight at the same time
      And each new user has their own id, name and email
      And each new user is shown as created
      And the list shows each new user exactly once
