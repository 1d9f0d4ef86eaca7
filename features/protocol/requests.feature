@contract
Feature: Methods, statuses and headers
  What HTTP itself promises to every client: where a new resource is, what a method may
  do, and what a server does with a body it cannot read.

  @rule.create-location
  Rule: A 201 has a Location that resolves to the new user

    Example: Following the Location of a new user
      When Ada signs up and is answered
      Then the status is 201 and Location leads to Ada

    Scenario Outline: Following the Location of a user with <quirk>
      When a newcomer with <quirk> signs up and is answered
      Then the status is 201 and Location leads to Ada

      Examples:
        | quirk                        |
        | an address in capitals       |
        | an address with a +tag       |
        | a name in Chinese characters |

    Example: Each new user has a Location of her own
      Given Grace is a user
      When Ada signs up and is answered
      Then the status is 201 and Location leads to Ada

  @rule.head @use.with_head=yes
  Rule: HEAD answers like GET, without a body

    Scenario Outline: HEAD of <what>
      Given Ada is a user
      When HEAD and GET are sent for <what>
      Then HEAD has the status of GET and no body

      Examples:
        | what              |
        | a user            |
        | nobody            |
        | somebody who left |
        | a word            |
        | the list          |

      @use.with_email_filter=yes
      Examples: by address
        | what           |
        | looking Ada up |

      @use.with_pages=yes
      Examples: by page
        | what                  |
        | a page                |
        | a page that cannot be |

  @rule.method-405 @negative
  Rule: POST on one user's address is refused with 405 and Allow

    Example: POST on Ada
      Given Ada is a user
      When POST is sent to Ada's address
      Then the status is 405 and Allow names the methods that are offered
      And nobody new is there
      And Ada is as she was

  @rule.media-type
  Rule: A body that is not declared as JSON is refused with 415 and changes nothing

    @negative
    Scenario Outline: POST with <kind>
      Given the people who are there are known
      When Mallory is sent by POST as <kind>
      Then the status is 415
      And nobody new is there

      Examples:
        | kind                      |
        | plain text                |
        | a form                    |
        | a form with parts         |
        | XML                       |
        | bytes                     |
        | HTML                      |
        | a text that mentions JSON |

    @negative
    Scenario Outline: <method> with <kind>
      Given Ada is a user
      When Ada is sent by <method> as <kind>
      Then the status is 415
      And Ada is as she was

      Examples:
        | method | kind                      |
        | PATCH  | plain text                |
        | PATCH  | a form                    |
        | PATCH  | a form with parts         |
        | PATCH  | XML                       |
        | PATCH  | bytes                     |
        | PATCH  | HTML                      |
        | PATCH  | a text that mentions JSON |

      @use.with_put=yes
      Examples: by replacement
        | method | kind                      |
        | PUT    | plain text                |
        | PUT    | a form                    |
        | PUT    | a form with parts         |
        | PUT    | XML                       |
        | PUT    | bytes                     |
        | PUT    | HTML                      |
        | PUT    | a text that mentions JSON |

    Scenario Outline: <media type> is JSON
      When Ada signs up as <media type>
      Then Ada is welcomed

      Examples:
        | media type                      |
        | application/json; charset=utf-8 |
        | application/json;charset=UTF-8  |

    Scenario Outline: JSON with a charset is JSON for <method>
      Given Ada is a user
      When Ada changes her name as application/json; charset=utf-8, by <method>
      Then Ada is answered with the new name and address and everything else as before

      Examples:
        | method |
        | PATCH  |

      @use.with_put=yes
      Examples: by replacement
        | method |
        | PUT    |

  @rule.malformed-json @negative
  Rule: A body that is not JSON is refused with 400, and nobody appears or changes

    Scenario Outline: POST with <form>
      Given the people who are there are known
      When Mallory's sign-up is sent as <form>
      Then the status is 400
      And nobody new is there

      Examples:
        | form                                          |
        | JSON that breaks off                          |
        | JSON with a comma too many                    |
        | JSON in single quotes                         |
        | a text that is no JSON                        |
        | bytes that are no text                        |
        | JSON followed by more                         |
        | JSON with a bracket too many                  |
        | JSON without a comma                          |
        | JSON with a line break in a text              |
        | JSON with a comment                           |
        | JSON without quotation marks around its names |

    Scenario Outline: <method> with <form>
      Given Ada is a user
      When Ada's change is sent by <method> as <form>
      Then the status is 400
      And Ada is as she was

      Examples:
        | method | form                       |
        | PATCH  | JSON that breaks off       |
        | PATCH  | a text that is no JSON     |
        | PATCH  | JSON in single quotes      |
        | PATCH  | JSON with a comma too many |
        | PATCH  | JSON followed by more      |
        | PATCH  | bytes that are no text     |

      @use.with_put=yes
      Examples: by replacement
        | method | form                       |
        | PUT    | JSON that breaks off       |
        | PUT    | a text that is no JSON     |
        | PUT    | JSON in single quotes      |
        | PUT    | JSON with a comma too many |
        | PUT    | JSON followed by more      |
        | PUT    | bytes that are no text     |
