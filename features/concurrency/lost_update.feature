@contract @concurrency @async @race @edge
Feature: Changes at the same moment
  One colleague corrects a name while another enters a new email. An API that reads
  the whole account, changes it and writes it back loses one of the two changes.

  @rule.lost-update
  Rule: Simultaneous changes end as if they had come one after another

    @use.with_patch=yes
    Example: Ada's name and email are changed at the same moment
      When Ada's name and Ada's email are changed at the same moment, round after round
      Then in every round neither change is lost

    @use.with_patch=yes
    Example: Ten colleagues change Ada's name at the same moment
      When Ada's name is changed by 10 updates at the same moment, round after round
      Then in every round each update is accepted, and a read shows one of the names

    @use.with_put=yes @use.with_patch=yes
    Example: Ada's account is updated while it is being replaced
      When Ada's account is updated while it is being replaced, round after round
      Then every round ends as if one request had come before the other
