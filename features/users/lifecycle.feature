@contract @scenario
Feature: The whole life of five users
  What a real day looks like: people join, are looked up, change, and leave, while the
  others are still there.

  @smoke @rule.list
  Rule: At every moment the directory shows exactly those who are there

    Example: Five people come, change and go
      Given Ada, Grace, Alan, Barbara and Edsger are users
      When each of them is looked at
      Then each of them is seen as she signed up
      When the list is read
      Then the list shows each of them exactly once
      When Ada changes her name
      Then Ada is answered with the new name and everything else as before
      And everybody but Ada is as before
      When Grace changes her address
      Then Grace is answered with the new address and everything else as before
      And everybody but Grace is as before
      When Ada, Grace, Alan, Barbara and Edsger leave one after the other
      Then none of Ada, Grace, Alan, Barbara and Edsger is shown any more
      And the list no longer shows any of them
