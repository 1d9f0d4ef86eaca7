@resilience
Feature: Outages are survived, and told apart from faults
  Networks drop, servers restart, proxies give up. None of this is a broken promise of
  the API, and none of it may make a user twice or leave one behind.

  @rule.create-201
  Rule: A newcomer becomes a user once, whatever happens on the way

    Scenario Outline: Ada signs up while the API <trouble>
      Given an API that <trouble> when somebody signs up, 2 times
      When Ada signs up
      Then Ada is welcomed
      And Ada is shown as she was welcomed
      And the trouble has struck
      And nobody was made twice
      And nobody is left when everything is cleaned up

      Examples:
        | trouble                                      |
        | answers 503                                  |
        | answers 503 and asks to wait a second        |
        | answers 503 and names a time to come back    |
        | answers 429                                  |
        | answers 429 and asks to wait a second        |
        | answers 502                                  |
        | drops the connection before it does anything |
        | hangs before it does anything                |
        | answers slowly                               |

    Scenario Outline: Ada signs up although the API <trouble>
      Given an API that <trouble> when somebody signs up, 1 time
      When Ada signs up
      Then Ada is welcomed
      And Ada is shown as she was welcomed
      And the trouble has struck
      And nobody was made twice
      And nobody is left when everything is cleaned up

      Examples:
        | trouble                                         |
        | answers 504 after it has done its work          |
        | answers 503 after it has done its work          |
        | drops the connection after it has done its work |
        | hangs after it has done its work                |
        | breaks off in the middle of its answer          |

    Example: An answer that is no JSON is told, and whoever it made is cleaned up
      Given an API that answers with broken JSON after it has done its work when somebody signs up, 1 time
      When Ada signs up
      Then Ada's welcome is found to be broken
      And the trouble has struck
      And nobody was made twice
      And nobody is left when everything is cleaned up

  @rule.patch
  Rule: A change is made, whatever happens on the way

    Scenario Outline: Ada changes her name while the API <trouble>
      Given Ada is a user
      And an API that <trouble> when somebody is changed, 2 times
      When Ada changes her name
      Then Ada is answered with the new name and everything else as before
      And Ada is shown like that
      And the trouble has struck

      Examples:
        | trouble                                         |
        | answers 503                                     |
        | answers 504 after it has done its work          |
        | drops the connection after it has done its work |
        | breaks off in the middle of its answer          |

  @rule.delete
  Rule: Whoever leaves is gone, whatever happens on the way

    Scenario Outline: Ada leaves while the API <trouble>
      Given Ada and Grace are users
      And an API that <trouble> when somebody leaves, 1 time
      When Ada leaves
      Then Ada's leaving is confirmed
      And Ada is no longer shown
      And Grace is as she was
      And the trouble has struck

      Examples:
        | trouble                                         |
        | answers 503                                     |
        | answers 504 after it has done its work          |
        | drops the connection after it has done its work |
        | shows deletions 0.6 s late                      |

  @rule.burst
  Rule: A burst loses nobody and makes nobody twice

    Scenario Outline: A burst in which the API <trouble> at <percent> % of all requests
      Given an API that <trouble> at <percent> % of all requests
      When 50 people sign up at once
      Then each of them is welcomed under an id of her own, with her own name and address
      And each of them is shown as she was welcomed
      And the trouble has struck
      And nobody was made twice
      And nobody is left when everything is cleaned up

      Examples:
        | percent | trouble                                         |
        | 10      | answers 503                                     |
        | 5       | answers 504 after it has done its work          |
        | 5       | drops the connection after it has done its work |
        | 5       | drops the connection before it does anything    |

    Example: The API is restarted in the middle of a burst
      When 50 people sign up at once while the API is restarted
      Then each of them is welcomed under an id of her own, with her own name and address
      And each of them is shown as she was welcomed
      And nobody was made twice
      And nobody is left when everything is cleaned up

  @rule.race-email
  Rule: A race is judged by who holds the address, not by whose answer was lost

    Scenario Outline: A race in which the API <trouble> at <percent> % of all requests
      Given an API that <trouble> at <percent> % of all requests
      When many sign up at once with one address, round after round
      Then in every round exactly one becomes a user and holds the address, and the others are refused
      And the trouble has struck
      And nobody was made twice
      And nobody is left when everything is cleaned up

      Examples:
        | percent | trouble                                         |
        | 5       | answers 503                                     |
        | 5       | drops the connection after it has done its work |
