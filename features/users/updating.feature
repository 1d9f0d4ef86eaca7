@contract
Feature: Changing an account
  Users marry and take a new name, or get a new email. Whatever they change shows
  immediately; everything else, and every other account, stays the same. An update sends
  only what changes; a replacement sends the whole account, and stands in for updates
  where an API has none.

  @rule.patch @use.with_patch=yes
  Rule: An update changes only the fields that it contains

    @smoke
    Example: Ada changes their name
      Given Ada is a user
      When Ada changes their name
      Then Ada's account is returned with only that change
      And every view of Ada's account shows the same

    Example: Ada changes their email
      Given Ada is a user
      When Ada changes their email
      Then Ada's account is returned with only that change
      And every view of Ada's account shows the same

    Example: Ada changes their name and email
      Given Ada is a user
      And support has seen Ada's account by a read, in the list and by a search
      When Ada changes their name and email
      Then Ada's account is returned with only that change
      And every view of Ada's account shows the same

    Example: Ada changes their name twice
      Given Ada is a user
      When Ada changes their name
      And Ada changes their name again
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

    @edge
    Scenario Outline: Ada changes their name and email with an update that has <written>
      Given Ada is a user
      When Ada sends an update that has <written>
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

      Examples:
        | written                       |
        | the email before the name     |
        | white space around every part |

    @edge
    Example: Ada's name is changed with an update sent to their percent-encoded id
      Given Ada is a user
      When a client changes Ada's name by a percent-encoded id with an update
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

    @edge
    Example: Ada sends their current data with an update
      Given Ada is a user
      When Ada sends their current name and email with an update
      Then Ada's account is returned unchanged
      And a read of Ada's account shows the same

    @edge
    Example: A later update keeps the creation date
      Given Ada is a user
      And a new creation date would differ from that of Ada's account
      When Ada changes their name
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

    @negative
    Example: Ada sends an empty update
      Given Ada is a user
      When Ada updates their account with an empty object
      Then the request is accepted or refused as invalid
      And Ada's account is unchanged

    @negative
    Example: Ada sends field names in another letter case
      Given Ada is a user
      When Ada updates their account with field names in another letter case
      Then the request is accepted or refused as invalid
      And Ada's account is unchanged

    @negative
    Scenario Outline: An update with <field> keeps Ada's own
      Given Ada is a user
      When Ada sends <field> with an update
      Then Ada's change is refused as invalid or accepted without <field>

      Examples:
        | field                | why                             |
        | a made-up id         | the id never changes            |
        | a past creation date | the creation date never changes |

    @edge
    Scenario Outline: A user with <value> changes their name
      Given Ada is a user with <value>
      When Ada changes their name
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

      Examples:
        | value                        |
        | a name in Chinese characters |
        | an email in upper case       |
        | an email with a +tag         |

    @edge
    Scenario Outline: A user with <value> changes their email
      Given Ada is a user with <value>
      When Ada changes their email
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

      Examples:
        | value                                   | why                                |
        | a name with quotes and an ampersand     | the name must not be escaped again |
        | a name with leading and trailing spaces | the name must not be trimmed       |

    @edge
    Scenario Outline: An update only adds <what> to Ada's name
      Given Ada is a user with the name <name>
      When Ada changes to <other name> with an update
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

      Examples:
        | what             | name            | other name                              |
        | a trailing space | " Ada Lovelace" | a name with leading and trailing spaces |
        | accents          | "Zoe Bronte"    | a name with combining accents           |

    @edge
    Example: Ada changes to Grace's email plus a +tag
      Given Grace and Ada are users
      When Ada changes to Grace's email plus a +tag with an update
      Then Ada's account is returned with only that change
      And Grace's account is unchanged

    @edge
    Scenario Outline: Ada changes their name and sends their own email <spelling>
      Given Ada is a user
      When Ada changes their name and sends their own email <spelling> with an update
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

      Examples:
        | spelling          | why                                     |
        | letter for letter | forms send every field again            |
        | in upper case     | an email is the same in any letter case |

  @rule.put @use.with_put=yes
  Rule: A replacement sets the name and the email, which are both required, and nothing else

    Example: Ada replaces their name and email
      Given Ada is a user
      And support has seen Ada's account by a read, in the list and by a search
      When Ada replaces their name and email
      Then Ada's account is returned with only that change
      And every view of Ada's account shows the same

    @edge
    Example: Ada's name is changed with a replacement sent to their percent-encoded id
      Given Ada is a user
      When a client changes Ada's name by a percent-encoded id with a replacement
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

    @edge
    Scenario Outline: Ada replaces their name and sends their own email <spelling>
      Given Ada is a user
      When Ada changes their name and sends their own email <spelling> with a replacement
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

      Examples:
        | spelling          |
        | letter for letter |
        | in upper case     |

    @edge
    Scenario Outline: A replacement only adds <what> to Ada's name
      Given Ada is a user with the name <name>
      When Ada changes to <other name> with a replacement
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

      Examples:
        | what             | name            | other name                              |
        | a trailing space | " Ada Lovelace" | a name with leading and trailing spaces |
        | accents          | "Zoe Bronte"    | a name with combining accents           |

    @edge
    Scenario Outline: Ada changes their name and email with a replacement that has <written>
      Given Ada is a user
      When Ada sends a replacement that has <written>
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

      Examples:
        | written                       |
        | the email before the name     |
        | white space around every part |

    @edge
    Example: Ada sends their current data with a replacement
      Given Ada is a user
      When Ada sends their current name and email with a replacement
      Then Ada's account is returned unchanged
      And a read of Ada's account shows the same

    @edge
    Example: A later replacement keeps the creation date
      Given Ada is a user
      And a new creation date would differ from that of Ada's account
      When Ada replaces their name and email
      Then Ada's account is returned with only that change
      And a read of Ada's account shows the same

    @negative
    Scenario Outline: A replacement with <field> keeps Ada's own
      Given Ada is a user
      When Ada sends <field> with a replacement
      Then Ada's change is refused as invalid or accepted without <field>

      Examples:
        | field                | why                             |
        | a made-up id         | the id never changes            |
        | a past creation date | the creation date never changes |

    @negative
    Scenario Outline: A replacement without <field> is refused
      Given Ada is a user
      When Ada replaces their account without <field>
      Then the request is refused as invalid
      And Ada's account is unchanged

      Examples:
        | field     |
        | a name    |
        | an email  |
        | any field |

  @rule.isolation
  Rule: A request for one user never changes another user

    @use.with_changes=yes
    Scenario Outline: The other accounts are unchanged when Ada <does>
      Given Grace, Ada, Alan and Barbara are users
      When Ada <does>
      Then every account except Ada's is unchanged

      Examples:
        | does                         |
        | changes their name           |
        | changes their email          |
        | changes their name and email |

    Example: The other accounts are unchanged when Ada deletes their account
      Given Grace, Ada, Alan and Barbara are users
      When Ada deletes their account
      Then every account except Ada's is unchanged

    @edge
    Example: The other accounts are unchanged when Ada's is deleted with a query that names Grace
      Given Grace, Ada, Alan and Barbara are users
      When a client deletes Ada's account with a query that names Grace
      Then every account except Ada's is unchanged

    @use.with_put=yes
    Example: The other accounts are unchanged when Ada replaces their name and email
      Given Grace, Ada, Alan and Barbara are users
      When Ada replaces their name and email
      Then every account except Ada's is unchanged

    @use.with_changes=yes
    Scenario Outline: Grace, who has the same name, is unchanged when Ada <does>
      Given Grace is a user
      And Ada is a user with Grace's name
      When Ada <does>
      Then every account except Ada's is unchanged

      Examples:
        | does                |
        | changes their name  |
        | changes their email |

    Example: Grace, who has the same name, is unchanged when Ada deletes their account
      Given Grace is a user
      And Ada is a user with Grace's name
      When Ada deletes their account
      Then every account except Ada's is unchanged

    @use.with_put=yes
    Example: Grace, who has the same name, is unchanged when Ada replaces their name and email
      Given Grace is a user
      And Ada is a user with Grace's name
      When Ada replaces their name and email
      Then every account except Ada's is unchanged

    Scenario Outline: Grace, whose email <relation> Ada's, is unchanged when Ada deletes their account
      Given Ada is a user
      And Grace is a user with an email that <relation> Ada's
      When Ada deletes their account
      Then Ada's account is gone
      And Grace's account is unchanged

      Examples:
        | relation      |
        | adds a tag to |
        | starts with   |
        | ends with     |

    Example: The other accounts are unchanged when Ada signs up
      Given Grace, Alan and Barbara are users
      When Ada signs up
      Then every account except Ada's is unchanged

    @negative
    Example: The other accounts are unchanged when Mallory signs up with Grace's email
      Given Grace, Alan and Barbara are users
      When Mallory signs up with Grace's email
      Then every account is unchanged

    @negative
    Example: The other accounts are unchanged when Ada deletes their account again
      Given Grace, Alan and Barbara are users
      And Ada is a former user
      When Ada deletes their account again
      Then every account except Ada's is unchanged

    @negative @use.with_changes=yes
    Example: The other accounts are unchanged when Mallory sends invalid updates
      Given Grace, Mallory and Alan are users
      When Mallory updates their account with every invalid value
      Then every account except Mallory's is unchanged
