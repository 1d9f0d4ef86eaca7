@contract @concurrency @async @burst @edge
Feature: Many user lifecycles at once
  Users do not wait for each other: while one signs up, another changes their name and
  a third deletes their account. None of them may notice the others.

  @rule.burst-workflow
  Rule: Concurrent user lifecycles do not affect each other

    @use.with_changes=yes
    Scenario Outline: <count> user lifecycles at once
      Given Grace is a user
      When <count> users sign up, change their names, read and delete their accounts at once
      Then as many requests as users were in flight at the same time
      And each lifecycle was unaffected by the others
      And Grace's account is unchanged

      Examples:
        | count |
        | 10    |
        | 20    |

    Example: Half of the users delete their accounts at once
      Given 40 users have signed up at once
      When every second user deletes their account at the same moment
      Then all requests were in flight at the same time
      And the deleted accounts are gone and the others are shown as created
