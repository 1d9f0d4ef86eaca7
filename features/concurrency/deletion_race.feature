@contract @concurrency @async @race @edge
Feature: A deletion races other requests
  A user deletes their account while a form that they left open saves its fields. An API
  that reads, changes and stores the whole account brings the deleted account back.

  @rule.race-delete
  Rule: Once a deletion is confirmed, the account stays deleted

    @use.with_patch=yes
    Example: Ada's account is updated while it is being deleted
      When Ada's account is changed with an update while it is being deleted, round after round
      Then in every round a confirmed deletion leaves no trace of the account

    @use.with_put=yes
    Example: Ada's account is replaced while it is being deleted
      When Ada's account is changed with a replacement while it is being deleted, round after round
      Then in every round a confirmed deletion leaves no trace of the account

    Example: Several clients delete Ada's account at the same moment
      When several clients delete Ada's account at once, round after round
      Then in every round a confirmed deletion leaves no trace of the account
      When Grace signs up
      Then Grace's account is created
      And Grace's account is unchanged in every view
