@contract @negative
Feature: Nobody can be changed who is not there
  A change for somebody unknown is a mistake of the caller, and must not make a user
  out of thin air.

  @rule.update-404
  Rule: A change of somebody unknown is refused and creates nobody

    Scenario Outline: Somebody who <state> is <changed>
      Given Grace is a user
      When somebody who <state> is <changed>
      Then nobody is found
      And nobody has the id and address that were sent
      And Grace is as she was

      Examples:
        | state           | changed |
        | was never there | changed |
        | has left        | changed |

      @use.with_put=yes
      Examples: by replacement
        | state           | changed  |
        | was never there | replaced |
        | has left        | replaced |

    Scenario Outline: The address in a change of somebody who is not there stays free, when <changed>
      Given Ada is a user
      When somebody who was never there is <changed>
      And Grace signs up with the address that was sent
      Then Grace is welcomed with this address

      Examples:
        | changed |
        | changed |

      @use.with_put=yes
      Examples: by replacement
        | changed  |
        | replaced |

    Scenario Outline: Nobody has <id>, and is <changed>
      Given Ada is a user
      When the user with <id> is <changed>
      Then nobody is found
      And Ada is as she was

      Examples:
        | id                            | changed |
        | a word for an id              | changed |
        | Ada's id and a character more | changed |

      @use.with_put=yes
      Examples: by replacement
        | id                            | changed  |
        | a word for an id              | replaced |
        | Ada's id and a character more | replaced |
