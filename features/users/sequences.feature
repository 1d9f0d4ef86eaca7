@contract @edge
Feature: What users do one after another
  Users change their email and change it back, delete their account and sign up again.
  Some orders of these actions may never have occurred to anyone.

  @rule.patch
  Rule: A change does what it says, whatever came before it

    @use.with_patch=yes @slow
    Example: Every kind of change works after every kind of change
      When users change their accounts again and again, so that each kind of change follows each kind
      Then each change does only what it says, whatever came before it
      And the emails that they have are taken, and the first two that each of them gave up are free
      When they delete their accounts, and other users sign up with their emails
      Then no change or deletion with an old id brings them back or reaches the users who now have their emails

  @rule.isolation @fuzz
  Rule: Whatever users do one after another, every account is as its user left it

    @slow
    Example: A few users act in many random orders
      When a few users sign up, change, delete and look at accounts in many random orders
      Then each account is as its user left it, after each of their actions and at the end
