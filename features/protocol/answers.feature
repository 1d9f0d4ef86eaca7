@contract
Feature: What every answer has in common
  Programs decide by the media type and the error document what to do with an answer.
  These rules hold for every answer, whatever the request.

  @rule.json-media-type
  Rule: An answer with a body is declared as JSON

    Scenario Outline: The media type when a client <does>
      When a client <does>
      Then each answer with a body is declared as application/json or a +json type

      Examples:
        | does                       |
        | signs up                   |
        | reads a user               |
        | deletes a user twice       |
        | requests an unknown user   |
        | sends invalid data         |
        | sends a taken email        |
        | sends malformed bodies     |
        | uses an unsupported method |
        | does not ask for JSON      |

      @use.with_email_filter=yes
      Examples: searches
        | does                          |
        | searches by email             |
        | searches for an unknown email |

      @use.with_pages=yes
      Examples: pages
        | does                     |
        | reads a page             |
        | requests an invalid page |

      @use.with_access=yes
      Examples: access
        | does               |
        | uses a wrong token |
        | uses no token      |

    @use.with_changes=yes
    Example: The media type when a client sends outdated conditions
      When a client sends outdated conditions
      Then each answer with a body is declared as application/json or a +json type

    @use.with_list=yes
    Example: The media type when a client reads the list
      When a client reads the list
      Then each answer with a body is declared as application/json or a +json type

    @use.with_patch=yes
    Example: The media type when a client updates a user
      When a client updates a user
      Then each answer with a body is declared as application/json or a +json type

    @use.with_put=yes
    Example: The media type when a client replaces a user
      When a client replaces a user
      Then each answer with a body is declared as application/json or a +json type

  @rule.no-secrets
  Rule: No answer shows a password or secret that a client sent, or a field that is named like one

    Scenario Outline: No secrets when a client <does>
      When a client <does>
      Then no answer shows a secret, or a field that is named like one

      Examples:
        | does                       |
        | sends a password           |
        | signs up                   |
        | reads a user               |
        | deletes a user twice       |
        | requests an unknown user   |
        | sends invalid data         |
        | sends malformed bodies     |
        | sends a taken email        |
        | uses an unsupported method |

      @use.with_pages=yes
      Examples: pages
        | does                     |
        | reads a page             |
        | requests an invalid page |

      @use.with_access=yes
      Examples: access
        | does               |
        | uses a wrong token |
        | uses no token      |

    @use.with_changes=yes
    Example: No secrets when a client sends outdated conditions
      When a client sends outdated conditions
      Then no answer shows a secret, or a field that is named like one

    @use.with_list=yes
    Example: No secrets when a client reads the list
      When a client reads the list
      Then no answer shows a secret, or a field that is named like one

    @use.with_email_filter=yes
    Example: No secrets when a client searches by email
      When a client searches by email
      Then no answer shows a secret, or a field that is named like one

    @use.with_patch=yes
    Example: No secrets when a client updates a user
      When a client updates a user
      Then no answer shows a secret, or a field that is named like one

    @use.with_put=yes
    Example: No secrets when a client replaces a user
      When a client replaces a user
      Then no answer shows a secret, or a field that is named like one

  @rule.problem @negative
  Rule: An error answer says what is wrong, without stack traces, SQL or server paths

    Scenario Outline: The error document when a client <does>
      When a client <does>
      Then each 4xx has a JSON object that says what is wrong, without stack traces, SQL or server paths

      Examples:
        | does                                     |
        | deletes a user twice                     |
        | requests an unknown user                 |
        | requests an id with a slash              |
        | sends invalid data                       |
        | sends signs that JSON escapes            |
        | asks in several languages                |
        | asks for debugging output                |
        | sends a taken email                      |
        | sends malformed bodies                   |
        | uses an unsupported method               |
        | sends the preflight request of a browser |
        | does not ask for JSON                    |

      @use.with_access=yes
      Examples: access
        | does               |
        | uses a wrong token |
        | uses no token      |

    @use.with_changes=yes
    Example: The error document when a client sends outdated conditions
      When a client sends outdated conditions
      Then each 4xx has a JSON object that says what is wrong, without stack traces, SQL or server paths

    @use.with_pages=yes
    Example: The error document when a client requests an invalid page
      When a client requests an invalid page
      Then each 4xx has a JSON object that says what is wrong, without stack traces, SQL or server paths

    Scenario Outline: The error document when Mallory signs up with <body> instead of an object
      Given the list of users is noted
      When Mallory signs up with <body> instead of an object
      Then each 4xx has a JSON object that says what is wrong, without stack traces, SQL or server paths

      Examples:
        | body          |
        | an empty list |
        | a string      |
        | null          |
        | an empty body |

    @use.with_patch=yes
    Scenario Outline: The error document when Ada updates their account with <body> instead of an object
      Given Ada is a user
      When Ada updates their account with <body> instead of an object
      Then each 4xx has a JSON object that says what is wrong, without stack traces, SQL or server paths

      Examples:
        | body          |
        | an empty list |
        | a string      |
        | null          |

    @use.with_put=yes
    Scenario Outline: The error document when Ada replaces their account with <body> instead of an object
      Given Ada is a user
      When Ada replaces their account with <body> instead of an object
      Then each 4xx has a JSON object that says what is wrong, without stack traces, SQL or server paths

      Examples:
        | body          |
        | an empty list |
        | null          |

  @rule.problem
  Rule: No answer shows a stack trace, SQL or a server path

    Scenario Outline: No stack trace, SQL or server path when a client <does>
      When a client <does>
      Then no answer contains a stack trace, SQL or a server path

      Examples:
        | does         |
        | signs up     |
        | reads a user |

    @use.with_list=yes
    Example: No stack trace, SQL or server path when a client reads the list
      When a client reads the list
      Then no answer contains a stack trace, SQL or a server path

    @use.with_email_filter=yes
    Example: No stack trace, SQL or server path when a client searches by email
      When a client searches by email
      Then no answer contains a stack trace, SQL or a server path

    @use.with_pages=yes
    Example: No stack trace, SQL or server path when a client reads a page
      When a client reads a page
      Then no answer contains a stack trace, SQL or a server path

    @use.with_patch=yes
    Example: No stack trace, SQL or server path when a client updates a user
      When a client updates a user
      Then no answer contains a stack trace, SQL or a server path

    @use.with_put=yes
    Example: No stack trace, SQL or server path when a client replaces a user
      When a client replaces a user
      Then no answer contains a stack trace, SQL or a server path
