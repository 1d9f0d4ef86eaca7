@contract @edge
Feature: Parameters that mean nothing
  Newsletters and proxies append parameters to URLs. An API may refuse them or ignore them;
  they must not change what a request does.

  @rule.create-location
  Rule: Location leads to the new user, whatever the query of the sign-up

    Example: Following the Location after a sign-up with unknown parameters
      When Ada signs up with unknown parameters in the query
      Then the status is 201 and Location leads to Ada, unless the request was refused

  @rule.create-invalid @negative
  Rule: A name in the query does not replace a missing one in the body

    Example: Mallory signs up with their name in the query
      Given the list of users is noted
      When Mallory signs up with a body without a name, and a name in the query
      Then the request is refused as invalid
      And no user was created

  @rule.patch @use.with_patch=yes
  Rule: An update changes what its body names, and shows immediately, whatever the query

    Example: An update that changes the name, with another email in the query
      Given Ada is a user
      When Ada changes their name with an update, with another email in the query
      Then only the name of Ada's account has changed, or nothing if the request was refused

    Example: A read with unknown parameters before and after an update
      Given Ada is a user
      And a client has read Ada's account with unknown parameters
      And Ada has changed their name with an update
      When a client reads Ada's account with unknown parameters
      Then Ada's account is shown with their current data, unless the request was refused

  @rule.put @use.with_put=yes
  Rule: A replacement sets what its body names, and shows immediately, whatever the query

    Example: A replacement that changes the name, with another email in the query
      Given Ada is a user
      When Ada changes their name with a replacement, with another email in the query
      Then only the name of Ada's account has changed, or nothing if the request was refused

    Example: A read with unknown parameters before and after a replacement
      Given Ada is a user
      And a client has read Ada's account with unknown parameters
      And Ada has changed their name with a replacement
      When a client reads Ada's account with unknown parameters
      Then Ada's account is shown with their current data, unless the request was refused

  @rule.delete
  Rule: A deleted account is gone, whatever the query of a read

    Example: A read with unknown parameters before and after a deletion
      Given Ada is a user
      And a client has read Ada's account with unknown parameters
      When Ada deletes their account
      Then Ada's account is gone, and a read with unknown parameters does not show it either
