@contract
Feature: Methods, statuses and headers
  HTTP says how a client finds a new resource, what a method does, and how a server
  treats a body that it cannot read.

  @rule.create-location
  Rule: A 201 has a Location that resolves to the new user

    Example: Following the Location of a new user
      When Ada signs up and receives an answer
      Then the status is 201 and Location leads to Ada

    Scenario Outline: Following the Location of a user with <value>
      When Ada signs up with <value> and receives an answer
      Then the status is 201 and Location leads to Ada

      Examples:
        | value                        |
        | an email in upper case       |
        | an email with a +tag         |
        | a name in Chinese characters |

    Example: The Location of a new user leads to them, not to an earlier user
      Given Grace is a user
      When Ada signs up and receives an answer
      Then the status is 201 and Location leads to Ada

  @rule.head @use.with_head=yes
  Rule: HEAD has the status of GET and no body

    Scenario Outline: HEAD of <resource>
      Given Ada is a user
      When a client sends HEAD and GET for <resource>
      Then HEAD has the status of GET and no body

      Examples:
        | resource         |
        | a user           |
        | an unknown user  |
        | a deleted user   |
        | a word as the id |

      @use.with_pages=yes
      Examples: pages
        | resource        |
        | a page          |
        | an invalid page |

      @use.with_email_filter=yes
      Examples: searches
        | resource                  |
        | a search by email         |
        | a search without a result |

    @edge
    Example: HEAD of Ada's account before and after its deletion
      Given Ada is a user
      And a client has sent HEAD and GET for Ada's account
      When Ada deletes their account
      Then Ada's account is gone
      When a client sends HEAD and GET for Ada's account
      Then HEAD has the status of GET and no body

    @use.with_list=yes
    Example: HEAD of the list
      Given Ada is a user
      When a client sends HEAD and GET for the list
      Then HEAD has the status of GET and no body

    @negative @edge
    Example: HEAD of ids that resemble Ada's finds no user
      Given Ada is a user
      When a client sends HEAD for each id that resembles Ada's
      Then the API answers that there is no such user

  @rule.method-405 @negative
  Rule: POST to a single user is refused with 405 and Allow

    Example: A POST to Ada's account
      Given Ada is a user
      When a client sends POST to Ada's account
      Then the status is 405 and Allow names the supported methods
      And no user was created
      And Ada's account is unchanged

    @edge
    Example: A POST to Ada's account that names another method
      Given Ada is a user
      When a client sends POST to Ada's account with another method in the query, the body or a header
      Then the status is 405 and Allow names the supported methods
      And no user was created
      And Ada's account is unchanged

  @rule.media-type
  Rule: A body that is not declared as JSON is refused and changes nothing
    The status is 415; 400 is allowed too if the body itself is not JSON, such as a filled-in form.

    @negative
    Scenario Outline: A POST declared as <kind>
      Given the list of users is noted
      When Mallory sends a POST declared as <kind>
      Then the body is refused for its media type
      And no user was created

      Examples: JSON, declared as something else
        | kind                        |
        | plain text                  |
        | a form                      |
        | a multipart form            |
        | XML                         |
        | binary data                 |
        | HTML                        |
        | plain text with a parameter |

      Examples: other bodies, declared as what they are
        | kind                       |
        | a filled-in form           |
        | a filled-in multipart form |
        | an XML document            |

    @negative
    Example: The email of a sign-up that was refused for its media type stays free
      Given the list of users is noted
      When Mallory sends a POST declared as plain text
      And Ada signs up with Mallory's email
      Then Ada's account is created

    @negative @use.with_patch=yes
    Scenario Outline: A PATCH declared as <kind>
      Given Ada is a user
      When Ada sends a PATCH declared as <kind>
      Then the body is refused for its media type
      And Ada's account is unchanged

      Examples: JSON, declared as something else
        | kind                        |
        | plain text                  |
        | binary data                 |
        | HTML                        |
        | plain text with a parameter |

      Examples: other bodies, declared as what they are
        | kind                       |
        | a filled-in form           |
        | a filled-in multipart form |
        | an XML document            |

    @negative @use.with_put=yes
    Scenario Outline: A PUT declared as <kind>
      Given Ada is a user
      When Ada sends a PUT declared as <kind>
      Then the body is refused for its media type
      And Ada's account is unchanged

      Examples: JSON, declared as something else
        | kind                        |
        | plain text                  |
        | binary data                 |
        | HTML                        |
        | plain text with a parameter |

      Examples: other bodies, declared as what they are
        | kind                       |
        | a filled-in form           |
        | a filled-in multipart form |
        | an XML document            |

  @rule.malformed-json @negative
  Rule: A body that is not JSON is refused and changes nothing
    It gets 400. One that is not UTF-8, or has NaN or Infinity, may get 422; an empty one 415 or 422.

    Scenario Outline: A POST with <body>
      Given the list of users is noted
      When Mallory sends a POST with <body>
      Then the body is refused as malformed
      And no user was created

      Examples:
        | body                                       |
        | JSON without its last character            |
        | JSON with a trailing comma                 |
        | JSON in single quotes                      |
        | text that is not JSON                      |
        | invalid UTF-8                              |
        | UTF-16                                     |
        | JSON followed by other text                |
        | JSON with an extra bracket                 |
        | JSON without a comma                       |
        | JSON with a backslash before an apostrophe |
        | JSON with an escape of one byte            |
        | JSON with a line break in a string         |
        | JSON with a comment                        |
        | JSON with unquoted names                   |
        | JSON with NaN in a further field           |
        | JSON with Infinity in a further field      |

    Example: A POST with an empty body
      Given the list of users is noted
      When Mallory sends a POST with an empty body
      Then the empty body is refused
      And no user was created

    Example: The email of a sign-up that was refused for its body stays free
      Given the list of users is noted
      When Mallory sends a POST with JSON followed by other text
      And Ada signs up with Mallory's email
      Then Ada's account is created

    @use.with_patch=yes
    Example: A PATCH with an empty body
      Given Ada is a user
      When Ada sends a PATCH with an empty body
      Then the empty body is refused
      And Ada's account is unchanged

    @use.with_put=yes
    Example: A PUT with an empty body
      Given Ada is a user
      When Ada sends a PUT with an empty body
      Then the empty body is refused
      And Ada's account is unchanged

    @use.with_patch=yes
    Scenario Outline: A PATCH with <body>
      Given Ada is a user
      When Ada sends a PATCH with <body>
      Then the body is refused as malformed
      And Ada's account is unchanged

      Examples:
        | body                                       |
        | JSON without its last character            |
        | text that is not JSON                      |
        | JSON in single quotes                      |
        | JSON with a trailing comma                 |
        | JSON with a backslash before an apostrophe |
        | JSON followed by other text                |
        | invalid UTF-8                              |
        | UTF-16                                     |
        | JSON with NaN in a further field           |

    @use.with_put=yes
    Scenario Outline: A PUT with <body>
      Given Ada is a user
      When Ada sends a PUT with <body>
      Then the body is refused as malformed
      And Ada's account is unchanged

      Examples:
        | body                                       |
        | JSON without its last character            |
        | text that is not JSON                      |
        | JSON in single quotes                      |
        | JSON with a trailing comma                 |
        | JSON with a backslash before an apostrophe |
        | JSON followed by other text                |
        | invalid UTF-8                              |
        | JSON with NaN in a further field           |
