@contract
Feature: Signing up
  A newcomer gives a name and an e-mail address and becomes a user. From that moment
  on the API shows her as she signed up, under an id that is hers alone.

  @rule.create-201
  Rule: A newcomer with a name and an address becomes a user at once

    @smoke
    Example: Ada signs up
      When Ada signs up
      Then Ada is welcomed
      And Ada is shown as she was welcomed

    Example: Ada signs up after Grace
      Given Grace is a user
      When Ada signs up
      Then Ada is welcomed
      And Ada is shown as she was welcomed

    Example: Five people sign up one after the other
      When Ada, Alan, Barbara, Edsger and Frances sign up one after the other
      Then each of them is welcomed and shown with her own name and address

    @edge
    Scenario Outline: A newcomer with <quirk> is as welcome as any
      When a newcomer with <quirk> signs up
      Then she is welcomed
      And she is shown as she was welcomed

      Examples:
        | quirk                            | why                                    |
        | a name of 200 characters         | the longest that there is              |
        | a name of 200 Chinese characters | characters count, not bytes            |
        | a name in Chinese characters     | people are called what they are called |
        | an address of 254 characters     | the longest that there is              |
        | an address with a +tag           | people sort their mail by it           |
        | an address in capitals           | some people write it so                |

    @edge
    Example: An address with a +tag is another address than the one without
      Given Grace is a user
      When Ada signs up with Grace's address and a +tag
      Then Ada is welcomed
      And Grace is as she was

    @edge
    Scenario Outline: An address that <relation> Grace's is another one
      Given Grace is a user
      When Ada signs up with an address that <relation> Grace's
      Then Ada is welcomed
      And Grace is as she was

      Examples:
        | relation                                    | why                     |
        | has an underscore in place of one letter of | a wildcard of databases |
        | lacks the dots of                           | dots tell people apart  |

    Example: Somebody of the same name
      Given Grace is a user
      When Ada signs up under Grace's name
      Then Ada is welcomed under Grace's name
      And Grace is as she was

    Example: Somebody who left signs up again
      Given Grace was a user and is gone
      When Ada signs up
      Then Ada is welcomed
      And Ada is shown as she was welcomed

    Example: Ada signs up with her address before her name
      When Ada signs up with her address before her name
      Then Ada is welcomed

  @rule.user-shape
  Rule: A user has an id, a name, an address and a date of joining, wherever she is shown

    @edge
    Scenario Outline: A user after <occasion>
      When someone goes through "<occasion>"
      Then everybody shown has the shape of a user

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
      Examples: replaced
        | occasion         |
        | replacing a user |

  @rule.server-owned
  Rule: Nobody chooses her own id, date of joining or rank
    A client that could set these could pass for somebody else.

    @negative
    Scenario Outline: Mallory brings <what> when signing up
      Given Grace is a user
      When Mallory signs up with <what>
      Then Mallory is refused as invalid, or welcomed without <what>
      And Grace is as she was

      Examples:
        | what                        | why                               |
        | an id of her own            | ids are for the server to give    |
        | Grace's id                  | it would replace Grace            |
        | a date of joining           | it would make her an old customer |
        | the rank of administrator   | a field that the contract has not |
        | a role                      | another one                       |
        | rights inside another field | one more, a level deeper          |
        | an id as databases name it  | it would be one of her own        |
        | a date as databases name it | it would make her an old customer |

    @negative
    Scenario Outline: Mallory brings <what> when <change> herself
      Given Mallory is a user
      When Mallory brings <what> when <change> herself
      Then Mallory is refused as invalid, or changed without <what>

      Examples:
        | what                        | change   |
        | an id of her own            | changing |
        | a date of joining           | changing |
        | the rank of administrator   | changing |
        | an id as databases name it  | changing |
        | a date as databases name it | changing |

      @use.with_put=yes
      Examples: by replacement
        | what                      | change    |
        | an id of her own          | replacing |
        | a date of joining         | replacing |
        | the rank of administrator | replacing |

    @negative
    Scenario Outline: Mallory brings Grace's id when <change> herself
      Given Grace and Mallory are users
      When Mallory brings Grace's id when <change> herself
      Then Mallory is refused as invalid, or changed without Grace's id
      And Grace is as she was

      Examples:
        | change   |
        | changing |

      @use.with_put=yes
      Examples: by replacement
        | change    |
        | replacing |
