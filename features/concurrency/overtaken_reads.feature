@contract @concurrency @async @race @edge
Feature: Reads at the same moment as a write
  While a colleague opens the list, a new user signs up. An API that caches the
  list may cache a version that it began to read before the sign-up.

  @rule.list @use.with_list=yes
  Rule: A list that is read during sign-ups does not hide the new users afterwards

    Example: The list is read while users sign up
      When users sign up while others read the list, round after round
      Then in every round the list shows each new user exactly once afterwards

  @rule.list @use.with_list=yes
  Rule: A list can be read during deletions, and does not bring the deleted users back

    Example: The list is read while users delete their accounts
      When users delete their accounts while others read the list, round after round
      Then in every round each read is answered with a list, and no list shows a deleted user afterwards

  @rule.patch @use.with_patch=yes
  Rule: A read during an update does not bring the old data back

    Example: Ada's account is read while Ada updates their name
      When Ada changes their name with an update while others read Ada's account, round after round
      Then in every round a read, the list and a search show the new data afterwards

  @rule.put @use.with_put=yes
  Rule: A read during a replacement does not bring the old data back

    Example: Ada's account is read while Ada replaces their name
      When Ada changes their name with a replacement while others read Ada's account, round after round
      Then in every round a read, the list and a search show the new data afterwards
