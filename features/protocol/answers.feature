@contract
Feature: What every answer keeps
  Clients are generated, cached and logged by their headers and error documents. These
  promises hold for every answer, whatever was asked.

  @rule.json-media-type
  Rule: An answer with a body says that it is JSON

    Scenario Outline: The media type after <occasion>
      When someone goes through "<occasion>"
      Then each answer with a body says application/json or a +json type

      Examples:
        | occasion                           |
        | signing up                         |
        | reading a user                     |
        | reading the list                   |
        | changing a user                    |
        | deleting a user, twice             |
        | naming nobody                      |
        | sending what is invalid            |
        | taking somebody's address          |
        | sending what is no JSON            |
        | using a method that is not offered |
        | not asking for JSON                |

      @use.with_email_filter=yes
      Examples: by address
        | occasion            |
        | looking somebody up |
        | looking nobody up   |

      @use.with_pages=yes
      Examples: by page
        | occasion                         |
        | reading a page                   |
        | asking for a page that cannot be |

      @use.with_put=yes
      Examples: by replacement
        | occasion         |
        | replacing a user |

      @use.with_access=yes
      Examples: by access
        | occasion                  |
        | coming with a wrong token |
        | coming without a token    |

  @rule.no-secrets
  Rule: No answer holds a password, a secret or a token

    Scenario Outline: What is shown after <occasion>
      When someone goes through "<occasion>"
      Then no answer has a field named like a secret

      Examples:
        | occasion                           |
        | bringing a password along          |
        | signing up                         |
        | reading a user                     |
        | reading the list                   |
        | changing a user                    |
        | deleting a user, twice             |
        | naming nobody                      |
        | sending what is invalid            |
        | sending what is no JSON            |
        | taking somebody's address          |
        | using a method that is not offered |

      @use.with_email_filter=yes
      Examples: by address
        | occasion            |
        | looking somebody up |

      @use.with_pages=yes
      Examples: by page
        | occasion                         |
        | reading a page                   |
        | asking for a page that cannot be |

      @use.with_put=yes
      Examples: by replacement
        | occasion         |
        | replacing a user |

      @use.with_access=yes
      Examples: by access
        | occasion                  |
        | coming with a wrong token |
        | coming without a token    |

  @rule.problem @negative
  Rule: A refusal says what is wrong, and nothing of the server's inside

    Scenario Outline: The error document after <occasion>
      When someone goes through "<occasion>"
      Then each 4xx has a JSON object that says what is wrong, without stack trace, SQL or server paths

      Examples:
        | occasion                           |
        | deleting a user, twice             |
        | naming nobody                      |
        | sending what is invalid            |
        | taking somebody's address          |
        | sending what is no JSON            |
        | using a method that is not offered |
        | not asking for JSON                |

      @use.with_pages=yes
      Examples: by page
        | occasion                         |
        | asking for a page that cannot be |

      @use.with_access=yes
      Examples: by access
        | occasion                  |
        | coming with a wrong token |
        | coming without a token    |

    Scenario Outline: Mallory sends <what> instead of a newcomer, and is told what is wrong
      Given the people who are there are known
      When Mallory sends "<what>" instead of a newcomer
      Then each 4xx has a JSON object that says what is wrong, without stack trace, SQL or server paths

      Examples:
        | what          |
        | an empty list |
        | a text        |
        | null          |
        | an empty body |

    Scenario Outline: Ada is <changed> with <what> instead of fields, and is told what is wrong
      Given Ada is a user
      When Ada is <changed> with "<what>" instead of fields
      Then each 4xx has a JSON object that says what is wrong, without stack trace, SQL or server paths

      Examples:
        | changed | what          |
        | changed | an empty list |
        | changed | a text        |
        | changed | null          |

      @use.with_put=yes
      Examples: by replacement
        | changed  | what          |
        | replaced | an empty list |
        | replaced | null          |

    Scenario Outline: What shows of the server after <occasion>
      When someone goes through "<occasion>"
      Then no answer shows a stack trace, SQL or a path of the server

      Examples:
        | occasion         |
        | signing up       |
        | reading a user   |
        | reading the list |
        | changing a user  |

      @use.with_email_filter=yes
      Examples: by address
        | occasion            |
        | looking somebody up |

      @use.with_pages=yes
      Examples: by page
        | occasion       |
        | reading a page |

      @use.with_put=yes
      Examples: by replacement
        | occasion         |
        | replacing a user |
