@resilience
Feature: Outages are not blamed on the API
  Networks fail, servers restart, proxies time out. None of this breaks the contract,
  and none of it may create a user twice or leave one behind. These scenarios test the
  suite itself, on its embedded API.

  @rule.create-201
  Rule: A sign-up creates exactly one user, whatever fails on the way

    Scenario Outline: Ada signs up while the API <fault>
      Given the API <fault> for 2 attempts to sign up
      When Ada signs up
      Then Ada's account is created
      And a read of Ada's account shows the same
      And the fault has occurred
      And no user was created twice
      And cleaning up leaves no user behind

      Examples:
        | fault                                      |
        | answers 503                                |
        | answers 503 with a retry delay             |
        | answers 503 with a retry date              |
        | answers 429                                |
        | answers 429 with a retry delay             |
        | answers 502                                |
        | drops the connection before doing the work |
        | hangs before doing the work                |
        | answers slowly                             |

    Scenario Outline: Ada signs up although the API <fault>
      Given the API <fault> for 1 attempt to sign up
      When Ada signs up
      Then Ada's account is created
      And a read of Ada's account shows the same
      And the fault has occurred
      And no user was created twice
      And cleaning up leaves no user behind

      Examples:
        | fault                                     |
        | answers 504 after doing the work          |
        | answers 503 after doing the work          |
        | drops the connection after doing the work |
        | hangs after doing the work                |
        | truncates its answer                      |

    Example: Broken JSON is reported, and the created user is deleted
      Given the API answers with broken JSON after doing the work for 1 attempt to sign up
      When Ada signs up
      Then the answer to Ada's sign-up is reported as broken
      And the fault has occurred
      And no user was created twice
      And cleaning up leaves no user behind

  @rule.patch
  Rule: A change takes effect, whatever fails on the way

    Scenario Outline: Ada changes their name while the API <fault>
      Given Ada is a user
      And the API <fault> for 2 attempts to change an account
      When Ada changes their name
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same
      And the fault has occurred

      Examples:
        | fault                                     |
        | answers 503                               |
        | answers 504 after doing the work          |
        | drops the connection after doing the work |
        | truncates its answer                      |

  @rule.delete
  Rule: A deletion takes effect, whatever fails on the way

    Scenario Outline: Ada deletes their account while the API <fault>
      Given Ada and Grace are users
      And the API <fault> for 1 attempt to delete an account
      When Ada deletes their account
      Then Ada's deletion is confirmed
      And Ada's account is gone
      And Grace's account is unchanged
      And the fault has occurred

      Examples:
        | fault                                     |
        | answers 503                               |
        | answers 504 after doing the work          |
        | drops the connection after doing the work |
        | shows deletions 0.6 s late                |

  @rule.burst
  Rule: A burst loses no user and creates none twice

    Scenario Outline: A burst while the API <fault> for <percent> % of all requests
      Given the API <fault> for <percent> % of all requests
      When 50 users sign up at once
      Then each new user has their own id, name and email
      And each new user is shown as created
      And the fault has occurred
      And no user was created twice
      And cleaning up leaves no user behind

      Examples:
        | percent | fault                                      |
        | 10      | answers 503                                |
        | 5       | answers 504 after doing the work           |
        | 5       | drops the connection after doing the work  |
        | 5       | drops the connection before doing the work |

    Example: The API restarts during a burst
      When 50 users sign up at once while the API restarts
      Then each new user has their own id, name and email
      And each new user is shown as created
      And no user was created twice
      And cleaning up leaves no user behind

  @rule.race-email
  Rule: The final state decides a race, not a lost answer

    Scenario Outline: A race while the API <fault> for <percent> % of all requests
      Given the API <fault> for <percent> % of all requests
      When many users sign up at once with one email, round after round
      Then in every round exactly one user is created with the email and the others are refused
      And the fault has occurred
      And no user was created twice
      And cleaning up leaves no user behind

      Examples:
        | percent | fault                                     |
        | 5       | answers 503                               |
        | 5       | drops the connection after doing the work |
