@contract
Feature: Conditional requests
  Two editors open the same account, and both save. Where a read has an ETag, an
  editor can make their change conditional: only if the account is still as they saw it.

  @rule.conditional
  Rule: An ETag stands for one version of an account

    Example: Reading an account that has not changed
      Given Ada is a user with an ETag
      When a client reads Ada's account with If-None-Match and the current ETag
      Then the answer is 304 without a body, or shows Ada's account

    @use.with_patch=yes
    Example: Ada updates their name twice
      Given Ada is a user with an ETag
      And Ada has changed their name with an update, and the ETag is noted
      When Ada changes their name with an update, and the ETag is noted
      Then the ETag of the answer, if there is one, is that of a read of Ada's account
      And each version of Ada's account has its own ETag, and a read with an older one shows the account

    @use.with_put=yes
    Example: Ada replaces their name twice
      Given Ada is a user with an ETag
      And Ada has changed their name with a replacement, and the ETag is noted
      When Ada changes their name with a replacement, and the ETag is noted
      Then the ETag of the answer, if there is one, is that of a read of Ada's account
      And each version of Ada's account has its own ETag, and a read with an older one shows the account

    @edge @use.with_changes=yes
    Example: Ada changes only the letter case of their name
      Given Ada is a user with an ETag
      When Ada changes the letter case of their name with an update, and the ETag is noted
      Then each version of Ada's account has its own ETag, and a read with an older one shows the account

    Example: The ETag in the answer to a sign-up
      Given Grace is a user with an ETag
      When Ada signs up and receives an answer
      Then the ETag of the answer, if there is one, is that of a read of Ada's account

  @rule.robust
  Rule: Many conditional requests do not stop the API from answering

    Example: Reading an unchanged account 40 times
      Given Ada is a user with an ETag
      When a client reads Ada's account 40 times with If-None-Match and the current ETag
      Then every answer is 304 without a body, or shows Ada's account

    @use.with_patch=yes
    Example: Sending 100 outdated updates
      Given Ada is a user with a strong ETag
      And Ada has changed their name with an update, and the ETag is noted
      When a client sends 100 updates for Ada with If-Match and an outdated ETag
      Then every status is 412
      When a client sends PATCH for Ada with If-Match and the current ETag
      Then the write to Ada's account takes effect

  @rule.delete
  Rule: A deleted user is not found, whatever the condition

    Example: Reading a deleted account with If-None-Match
      Given Ada is a user with an ETag
      When Ada deletes their account
      Then Ada's account is gone
      And with If-None-Match and the last ETag, Ada's account is not found either

  @rule.auth-401 @negative @use.with_access=yes
  Rule: An ETag does not replace a token

    Example: A client without a token learns nothing from an ETag
      Given Ada is a user with an ETag
      When a client without a token reads Ada's account with If-None-Match and the current ETag
      Then every attempt is refused

  @rule.conditional @negative
  Rule: A write with an outdated ETag in If-Match is refused and changes nothing

    @use.with_patch=yes
    Scenario Outline: A PATCH with <condition> is refused
      Given Ada is a user with a strong ETag
      And Ada has changed their name with an update, and the ETag is noted
      When a client sends PATCH for Ada with If-Match and <condition>
      Then the status is 412
      And half a second later, Ada's account is still unchanged
      When the client sends the refused change of Ada's account again, with If-Match and the current ETag
      Then the write to Ada's account takes effect

      Examples:
        | condition                |
        | an outdated ETag         |
        | a list of outdated ETags |

    @edge @use.with_changes=yes
    Example: An outdated update that would change nothing is refused
      Given Ada is a user with a strong ETag
      And Ada has changed their name with an update, and the ETag is noted
      When a client sends Ada's current data with If-Match and an outdated ETag
      Then the status is 412
      And half a second later, Ada's account is still unchanged

    @use.with_patch=yes
    Example: The email in a refused PATCH is free
      Given Ada is a user with a strong ETag
      And Ada has changed their name with an update, and the ETag is noted
      When a client sends PATCH for Ada with If-Match and an outdated ETag
      Then the status is 412
      And Grace can sign up with the email in the refused change of Ada's account

    @use.with_put=yes
    Example: The email in a refused PUT is free
      Given Ada is a user with a strong ETag
      And Ada has changed their name with a replacement, and the ETag is noted
      When a client sends PUT for Ada with If-Match and an outdated ETag
      Then the status is 412
      And Grace can sign up with the email in the refused change of Ada's account

    @use.with_changes=yes
    Scenario Outline: A DELETE with <condition> is refused
      Given Ada is a user with a strong ETag
      And Ada has changed their name with an update, and the ETag is noted
      When a client sends DELETE for Ada with If-Match and <condition>
      Then the status is 412
      And half a second later, Ada's account is still unchanged

      Examples:
        | condition                |
        | an outdated ETag         |
        | a list of outdated ETags |

    @use.with_put=yes
    Scenario Outline: A PUT with <condition> is refused
      Given Ada is a user with a strong ETag
      And Ada has changed their name with an update, and the ETag is noted
      When a client sends PUT for Ada with If-Match and <condition>
      Then the status is 412
      And half a second later, Ada's account is still unchanged
      When the client sends the refused change of Ada's account again, with If-Match and the current ETag
      Then the write to Ada's account takes effect

      Examples:
        | condition                |
        | an outdated ETag         |
        | a list of outdated ETags |

  @rule.conditional
  Rule: A write whose If-Match matches the current ETag takes effect

    @use.with_patch=yes
    Scenario Outline: PATCH with <condition>
      Given Ada is a user with a strong ETag
      When a client sends PATCH for Ada with If-Match and <condition>
      Then the write to Ada's account takes effect

      Examples:
        | condition                             |
        | the current ETag                      |
        | the current ETag in a list            |
        | the current ETag in a list, no spaces |
        | an asterisk                           |

    @edge @use.with_patch=yes
    Example: PATCH of a large account
      Given Ada is a user with a strong ETag and enough data that a server may compress it
      When a client sends PATCH for Ada with If-Match and the current ETag
      Then the write to Ada's account takes effect

    @edge @use.with_put=yes
    Example: PUT of a large account
      Given Ada is a user with a strong ETag and enough data that a server may compress it
      When a client sends PUT for Ada with If-Match and the current ETag
      Then the write to Ada's account takes effect

    Example: DELETE with the current ETag
      Given Ada is a user with a strong ETag
      When a client sends DELETE for Ada with If-Match and the current ETag
      Then the write to Ada's account takes effect

    @use.with_put=yes
    Example: PUT with the current ETag
      Given Ada is a user with a strong ETag
      When a client sends PUT for Ada with If-Match and the current ETag
      Then the write to Ada's account takes effect

  @rule.update-taken @negative
  Rule: A taken email stays taken, although the ETag in If-Match is the current one

    @use.with_patch=yes
    Example: Ada tries to change to Grace's email with If-Match and an update
      Given Grace is a user
      And Ada is a user with a strong ETag
      When Ada tries to change to Grace's email with an update, with If-Match and the current ETag
      Then Ada is refused because the email is taken
      And Ada's account is unchanged
      And Grace's account is unchanged

    @use.with_put=yes
    Example: Ada tries to change to Grace's email with If-Match and a replacement
      Given Grace is a user
      And Ada is a user with a strong ETag
      When Ada tries to change to Grace's email with a replacement, with If-Match and the current ETag
      Then Ada is refused because the email is taken
      And Ada's account is unchanged
      And Grace's account is unchanged

  @rule.conditional @concurrency @async @race @edge
  Rule: Of several writes with the same ETag, exactly one takes effect

    @use.with_changes=yes
    Example: Several clients change Ada's name at once
      Given Ada is a user with a strong ETag
      When several clients change Ada's name at once with the same current ETag, round after round
      Then in every round exactly one change takes effect and the others are refused with 412

    @use.with_changes=yes
    Example: One client deletes Ada's account while others change it
      When a client deletes Ada's account while others change it, all with its current ETag, round after round
      Then in every round exactly one request takes effect and the others are refused
