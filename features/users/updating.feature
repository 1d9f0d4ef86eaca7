@contract
Feature: Changing a user
  People marry, move and change their address. What they ask for changes at once;
  what they did not mention stays, and so does everybody else.

  @rule.patch
  Rule: A change touches only what it names

    @smoke
    Example: Ada changes her name
      Given Ada is a user
      When Ada changes her name
      Then Ada is answered with the new name and everything else as before
      And Ada is shown like that, wherever she is shown

    Example: Ada changes her address
      Given Ada is a user
      When Ada changes her address
      Then Ada is answered with the new address and everything else as before
      And Ada is shown like that, wherever she is shown

    Example: Ada changes both
      Given Ada is a user
      When Ada changes her name and her address
      Then Ada is answered with the new name and address and everything else as before
      And Ada is shown like that

    Example: Ada changes her name twice
      Given Ada is a user
      When Ada changes her name
      And Ada changes her name again
      Then Ada is answered with the new name and everything else as before
      And Ada is shown like that

    @edge
    Example: Ada sends what is there already
      Given Ada is a user
      When Ada sends her own name and address once more by changing
      Then Ada is answered with everything as before
      And Ada is shown like that

    @edge
    Example: Ada changes her name in another second than that in which she joined
      Given Ada is a user
      And a second has passed since Ada signed up
      When Ada changes her name
      Then Ada is answered with the new name and everything else as before
      And Ada is shown like that

    @negative
    Example: Ada changes nothing
      Given Ada is a user
      When Ada sends a change of nothing
      Then it is done or refused as invalid
      And Ada is as she was

    @negative
    Scenario Outline: Ada sends <what> along with her new name
      Given Ada is a user
      When Ada brings <what> when changing herself
      Then Ada is refused as invalid, or changed without <what>

      Examples:
        | what              | why                      |
        | an id of her own  | the id stays             |
        | a date of joining | so does the day she came |

    @edge
    Scenario Outline: A user with <quirk> changes her name
      Given a user with <quirk>
      When she changes her name
      Then she is answered with the new name and everything else as before
      And she is shown like that

      Examples:
        | quirk                        |
        | a name in Chinese characters |
        | an address in capitals       |
        | an address with a +tag       |

    @edge
    Scenario Outline: A user with <quirk> changes her address
      Given a user with <quirk>
      When she changes her address
      Then she is answered with the new address and everything else as before
      And she is shown like that

      Examples:
        | quirk                                | why                            |
        | a name with quotation marks and an & | the name is not sent once more |
        | a name with a space before and after | nor does anybody look at it    |

    @edge
    Example: Ada moves to an address that has a +tag more than Grace's
      Given Grace and Ada are users
      When Ada moves to an address that has a +tag more than Grace's
      Then Ada is answered with the new address and everything else as before
      And Grace is as she was

    @edge
    Scenario Outline: Ada confirms her own address <how>
      Given Ada is a user
      When Ada changes her name and sends her own address <how>
      Then Ada is answered with the new name and everything else as before
      And Ada is shown like that

      Examples:
        | how         | why                                      |
        | as it is    | forms send what is already there         |
        | in capitals | letter case does not make it another one |

  @rule.put @use.with_put=yes
  Rule: A replacement sets name and address, and leaves id and date of joining

    Example: Ada is replaced
      Given Ada is a user
      When Ada is replaced with a new name and address
      Then Ada is answered with the new name and address and everything else as before
      And Ada is shown like that, wherever she is shown

    @edge
    Scenario Outline: Ada is replaced with a new name and her own address <how>
      Given Ada is a user
      When Ada is replaced with a new name and her own address <how>
      Then Ada is answered with the new name and everything else as before
      And Ada is shown like that

      Examples:
        | how         |
        | as it is    |
        | in capitals |

    @edge
    Example: Ada is replaced with what is there already
      Given Ada is a user
      When Ada sends her own name and address once more by replacing
      Then Ada is answered with everything as before
      And Ada is shown like that

    @edge
    Example: Ada is replaced in another second than that in which she joined
      Given Ada is a user
      And a second has passed since Ada signed up
      When Ada is replaced with a new name and address
      Then Ada is answered with the new name and address and everything else as before
      And Ada is shown like that

    @negative
    Scenario Outline: Ada is replaced with <what> among the fields
      Given Ada is a user
      When Ada brings <what> when replacing herself
      Then Ada is refused as invalid, or changed without <what>

      Examples:
        | what              | why                      |
        | an id of her own  | the id stays             |
        | a date of joining | so does the day she came |

    @negative
    Scenario Outline: A replacement without <field> is refused
      Given Ada is a user
      When Ada is replaced without <field>
      Then it is refused as invalid
      And Ada is as she was

      Examples:
        | field      |
        | a name     |
        | an address |
        | anything   |

  @rule.isolation
  Rule: Whatever happens to one user, the others stay as they are

    Scenario Outline: Ada <deed>, and her neighbours stay as they are
      Given Grace is a user
      And Ada is a user
      And Alan and Barbara are users
      When Ada <deed>
      Then everybody but Ada is as before

      Examples:
        | deed                             |
        | changes her name                 |
        | changes her address              |
        | changes her name and her address |
        | leaves                           |

      @use.with_put=yes
      Examples: a replacement
        | deed                                    |
        | is replaced with a new name and address |

    Scenario Outline: Ada <deed>, and her namesake Grace stays as she is
      Given Grace is a user
      And Ada is a user under Grace's name
      When Ada <deed>
      Then everybody but Ada is as before

      Examples:
        | deed                |
        | changes her name    |
        | changes her address |
        | leaves              |

      @use.with_put=yes
      Examples: a replacement
        | deed                                    |
        | is replaced with a new name and address |

    Scenario Outline: Ada leaves, and Grace stays, whose address <relation> hers
      Given Ada is a user
      And Grace is a user whose address <relation> Ada's
      When Ada leaves
      Then Ada is no longer shown
      And Grace is as she was

      Examples:
        | relation    |
        | begins with |
        | ends with   |

    Example: Somebody joins, and the others stay as they are
      Given Grace, Alan and Barbara are users
      When Ada signs up
      Then everybody but Ada is as before

    @negative
    Example: Mallory tries to take Grace's address, and the others stay as they are
      Given Grace, Alan and Barbara are users
      When Mallory signs up with Grace's address
      Then everybody but Mallory is as before

    @negative
    Example: Ada, who is gone, leaves once more, and the others stay as they are
      Given Grace, Alan and Barbara are users
      And Ada was a user and is gone
      When Ada leaves again
      Then everybody but Ada is as before

    @negative
    Example: Mallory sends what is invalid, and the others stay as they are
      Given Grace, Mallory and Alan are users
      When Mallory sends invalid changes of every kind
      Then everybody but Mallory is as before
