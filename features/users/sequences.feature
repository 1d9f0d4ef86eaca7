@contract @edge
Feature: What users do one after another
  Users change their email and change it back, delete their account and sign up again.
  Each order of such actions is one that nobody may have thought of.

  @rule.patch
  Rule: A change does what it says, whatever came before it

    @use.with_changes=yes @slow
    Example: Every kind of change follows every kind
      When users change their accounts again and again, with every kind of change after every kind
      Then each change does only what it says, whatever came before it
      And the emails that they have are taken, and those that they gave up are free
      When they delete their accounts, and other users sign up with their emails
      Then no late request brings them back or reaches the users who have their emails now

  @rule.isolation @fuzz
  Rule: Whatever users do one after another, every account is as its user left it

    @slow
    Example: A few users act in many drawn orders
      When a few users sign up, change, delete and look at accounts in many drawn orders
      Then after every action, every account is as its user left it
