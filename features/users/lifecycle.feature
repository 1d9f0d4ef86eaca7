@contract @scenario
Feature: The lifecycle of five users
  A typical day: users sign up, change and delete their accounts, and support looks them
  up. What one user does never affects the others.

  @smoke @rule.list @use.with_list=yes
  Rule: The list shows the users while they exist, and none of them afterwards

    @use.with_changes=yes
    Example: Five users sign up, change and delete their accounts
      Given Ada, Grace, Alan, Barbara and Edsger are users
      When support reads each account
      Then each account is shown as created
      When support reads the list
      Then the list shows each of the users exactly once
      When Ada changes their name
      Then Ada's account is returned with only that change
      And every account except Ada's is unchanged
      When Grace changes their email
      Then Grace's account is returned with only that change
      And every account except Grace's is unchanged
      When Ada, Grace, Alan, Barbara and Edsger delete their accounts one after another
      Then the accounts of Ada, Grace, Alan, Barbara and Edsger are gone
      And the list no longer shows any of the users
