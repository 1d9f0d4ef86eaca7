@contract @negative
Feature: One address, one user
  Support finds people by their e-mail address. Two users behind one address
  would show one person's data to another.

  @rule.email-unique
  Rule: An address that is taken is refused, whatever its letter case
    Mail reaches Grace@Example.com and grace@example.com alike.

    Scenario Outline: Mallory wants Grace's address <spelling>
      Given Grace is a user
      When Mallory signs up with Grace's address <spelling>
      Then Mallory is refused because the address is taken
      And exactly Grace is found by her address
      And Grace is as she was

      Examples:
        | spelling                    |
        | as it is                    |
        | in capitals                 |
        | with one capital letter     |
        | with its domain in capitals |

    Example: Mallory wants an address that Grace wrote in capitals
      Given Grace is a user whose address is in capitals
      When Mallory signs up with Grace's address in small letters
      Then Mallory is refused because the address is taken
      And Grace is as she was

    Example: Mallory wants Grace's name and address
      Given Grace is a user
      When Mallory signs up with Grace's name and address
      Then Mallory is refused because the address is taken
      And Grace is as she was

    Example: Mallory wants an address of Grace that is as long as can be
      Given Grace is a user whose address is as long as can be
      When Mallory signs up with Grace's address
      Then Mallory is refused because the address is taken
      And exactly Grace is found by her address
      And Grace is as she was

    Example: Mallory wants the address of Grace, who is renamed
      Given Grace is a user
      When Grace is renamed
      And Mallory signs up with Grace's address
      Then Mallory is refused because the address is taken
      And exactly Grace is found by her address
      And Grace is as she was

    Example: Mallory tries three times
      Given Grace is a user
      When Mallory signs up with Grace's address 3 times
      Then Mallory is refused each time because the address is taken
      And exactly Grace is found by her address
      And Grace is as she was

    Scenario Outline: Mallory wants an address <spelling> that Grace moved to by <change>
      Given Grace is a user
      And Grace has given up her address by <change>
      When Mallory signs up with Grace's address <spelling>
      Then Mallory is refused because the address is taken
      And exactly Grace is found by her address
      And Grace is as she was

      Examples:
        | change   | spelling    |
        | changing | as it is    |
        | changing | in capitals |

      @use.with_put=yes
      Examples: by replacement
        | change    | spelling    |
        | replacing | as it is    |
        | replacing | in capitals |

    Scenario Outline: Mallory wants in small letters what Grace moved to in capitals by <change>
      Given Grace is a user
      And Grace has moved to an address in capitals by <change>
      When Mallory signs up with Grace's address in small letters
      Then Mallory is refused because the address is taken
      And exactly Grace is found by her address in small letters

      Examples:
        | change   |
        | changing |

      @use.with_put=yes
      Examples: by replacement
        | change    |
        | replacing |

    Scenario Outline: Mallory wants an address that Grace confirmed by <change>
      Given Grace is a user
      And Grace has confirmed her address by <change>
      When Mallory signs up with Grace's address
      Then Mallory is refused because the address is taken
      And exactly Grace is found by her address
      And Grace is as she was

      Examples:
        | change   |
        | changing |

      @use.with_put=yes
      Examples: by replacement
        | change    |
        | replacing |

    Example: Mallory wants Grace's address, whose former holder leaves once more
      Given Ada and Barbara are users
      And Ada has left
      When Grace signs up with Ada's address as it is as soon as it is free
      And Ada leaves again
      And Mallory signs up with Grace's address
      Then Mallory is refused because the address is taken
      And exactly Grace is found by her address
      And Grace is as she was

  @rule.update-taken
  Rule: Nobody moves to an address that somebody else has

    Scenario Outline: Mallory is <changed> to Grace's address <spelling>
      Given Grace and Mallory are users
      When Mallory is <changed> to Grace's address <spelling>
      Then Mallory is refused because the address is taken
      And Grace is as she was
      And Mallory is as she was

      Examples:
        | changed | spelling    |
        | changed | as it is    |
        | changed | in capitals |

      @use.with_put=yes
      Examples: by replacement
        | changed  | spelling    |
        | replaced | as it is    |
        | replaced | in capitals |

    Example: Mallory wants a new name as well
      Given Grace and Mallory are users
      When Mallory is changed to a new name and Grace's address
      Then Mallory is refused because the address is taken
      And Grace is as she was
      And Mallory is as she was, wherever she is shown

    Scenario Outline: An address that Grace gave up by <change> is free for <somebody>
      Given Grace and Alan are users
      And Grace has given up her address by <change>
      When <somebody> takes the address that was given up
      Then the address that Grace gave up finds exactly its new holder
      And Grace is as she was

      Examples:
        | change   | somebody   |
        | changing | a newcomer |
        | changing | Alan       |

      @use.with_put=yes
      Examples: by replacement
        | change    | somebody   |
        | replacing | a newcomer |

    Example: An address that Grace wrote in capitals is free in small letters when she gives it up
      Given Grace is a user whose address is in capitals
      And Grace has given up her address by changing
      When a newcomer takes the address that was given up in small letters
      Then the address that Grace gave up finds exactly its new holder

    Example: Grace moves away and back
      Given Grace is a user
      And Grace has given up her address by changing
      When Grace takes the address that was given up
      Then exactly Grace is found by her address

    Scenario Outline: Mallory is refused Grace's address when <changed>, and Grace keeps it
      Given Grace and Mallory are users
      When Mallory is <changed> to Grace's address as it is
      And Alan signs up with Grace's address
      Then Alan is refused because the address is taken
      And exactly Grace is found by her address

      Examples:
        | changed |
        | changed |

      @use.with_put=yes
      Examples: by replacement
        | changed  |
        | replaced |

    Scenario Outline: Mallory is refused Grace's address when <changed>, and keeps her own
      Given Grace and Mallory are users
      When Mallory is <changed> to Grace's address as it is
      And Alan signs up with Mallory's address
      Then Alan is refused because the address is taken
      And exactly Mallory is found by her address

      Examples:
        | changed |
        | changed |

      @use.with_put=yes
      Examples: by replacement
        | changed  |
        | replaced |
