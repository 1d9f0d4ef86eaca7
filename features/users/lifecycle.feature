@contract @scenario
Feature: The lifecycle of five users
  A real day: users sign up, are looked up, change and delete their accounts, while
  the accounts of the others stay in use.

  @smoke @rule.list
  Rule: The list always shows exactly the users who exist

    Example: Five users sign up, change and delete their accounts
      Given Ada, Grace, Alan, Barbara and Edsger are users
      When support reads each account
      Then each account is shown as created
      When support reads the list
      Then the list shows each of them exactly once
      When Ada changes their name
      Then Ada's account is returned with only that change
      And every account except Ada's is unchanged
      When Grace changes their email
      Then Grace's account is returned with only that change
      And every account except Grace's is unchanged
      When Ada, Grace, Alan, Barbara and Edsger delete their accounts one after another
      Then the accounts of Ada, Grace, Alan, Barbara and Edsger are gone
      And the list no longer shows any of them
