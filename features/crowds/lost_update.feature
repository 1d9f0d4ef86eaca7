@contract @concurrency @async @race @edge
Feature: Two changes in the same moment
  One colleague corrects a name while another enters the new address. Whoever reads the
  whole user, changes it and writes it back wipes out what the other one did.

  @rule.lost-update
  Rule: Two changes of different fields both last

    Example: Name and address are changed in the same moment
      When Ada's name and Ada's address are changed at the same moment, round after round
      Then in every round both changes last
