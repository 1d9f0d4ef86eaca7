@contract
Feature: Leaving
  Whoever leaves is gone from every view, her address is free again, and nobody else
  ever gets her id. A deletion may take a while to show; it may not be forgotten.

  @rule.delete
  Rule: Whoever leaves is gone for good

    @smoke
    Example: Ada leaves
      Given Ada is a user
      When Ada leaves
      Then Ada's leaving is confirmed
      And Ada is no longer shown
      And the list no longer shows Ada

    Example: The others stay
      Given Grace, Ada and Alan are users
      When Ada leaves
      Then Ada is no longer shown
      And everybody but Ada is as before

    Example: Several people leave one after the other
      Given Ada, Grace, Alan and Barbara are users
      When Ada, Grace and Alan leave one after the other
      Then none of Ada, Grace and Alan is shown any more
      And Barbara is as she was

    @edge
    Scenario Outline: A user with <quirk> leaves
      Given a user with <quirk>
      When she leaves
      Then her leaving is confirmed
      And she is no longer shown
      And the list no longer shows her

      Examples:
        | quirk                        | why                                    |
        | a name in Chinese characters | names may get in the way of a deletion |
        | a name of 200 characters     | so may their length                    |
        | an address in capitals       | so may letter case                     |
        | an address with a +tag       | so may a tag                           |

    Example: Ada leaves after a change
      Given Ada is a user
      When Ada changes her name and her address
      And Ada leaves
      Then Ada's leaving is confirmed
      And Ada is no longer shown
      And the list no longer shows Ada

  @rule.delete-again
  Rule: Leaving twice is no error and brings nobody back

    @negative
    Example: Ada leaves twice
      Given Ada was a user and is gone
      When Ada leaves again
      Then there is nobody to leave
      And Ada is no longer shown

    @negative
    Example: Somebody leaves who was never there
      Given Grace is a user
      When somebody leaves who was never there
      Then there is nobody to leave
      And Grace is as she was

    @negative
    Scenario Outline: Nobody has <id>, and leaves
      Given Ada is a user
      When the user with <id> leaves
      Then there is nobody to leave
      And Ada is as she was

      Examples:
        | id                            |
        | a word for an id              |
        | Ada's id and a character more |

  @rule.delete-frees
  Rule: An address is free again when its user has left, an id is not

    Example: Ada comes back under the same address
      Given Ada was a user and is gone
      When Ada signs up with the same address as soon as it is free
      Then Ada is welcomed
      And she has another id than before
      And exactly Ada is found by her address

    Example: Somebody else takes the address in capitals
      Given Ada was a user and is gone
      When Grace signs up with Ada's address in capitals as soon as it is free
      Then Grace is welcomed with this address

    Example: Somebody else takes in small letters what Ada wrote in capitals
      Given Ada is a user whose address is in capitals
      When Ada leaves
      And Grace signs up with Ada's address in small letters as soon as it is free
      Then Grace is welcomed with this address

    Scenario Outline: Grace is <changed> to the address that was Ada's
      Given Grace is a user
      And Ada was a user and is gone
      When Grace is <changed> to Ada's address as soon as it is free
      Then Grace is answered with the new address and everything else as before
      And Grace is shown like that, wherever she is shown

      Examples:
        | changed |
        | changed |

      @use.with_put=yes
      Examples: by replacement
        | changed  |
        | replaced |

    Example: Somebody else takes the address that Ada had last
      Given Ada is a user
      And Ada has given up her address by changing
      When Ada leaves
      And Grace signs up with Ada's address as it is as soon as it is free
      Then Grace is welcomed with this address

    Example: Newcomers do not get the id of somebody who left
      Given Ada was a user and is gone
      When Grace, Alan and Barbara sign up one after the other
      Then none of them has the id that Ada had
      And Ada is no longer shown
