@contract
Feature: Connections and headers
  Clients and proxies keep connections open. Where an answer is longer or shorter than it
  says, or a body is left unread, a client gets the answer to another client's request.
  Clients also spell headers differently, and send some that the API does not need.

  @rule.own-answer
  Rule: On a kept-alive connection every request gets its own answer, whole

    Scenario Outline: After <request>
      Given Ada is a user with the name "Zoë Brontë 李小龍"
      When a client sends <request>, and on the same connection reads Ada's account and an unknown one
      Then each answer is complete and belongs to its own request

      Examples:
        | request                                          |
        | a read on condition that the account has changed |
        | a read with a body                               |
        | a deletion of another account                    |
        | a POST to the account                            |
        | a large POST declared as plain text              |
        | a POST of 1 MiB                                  |
        | a POST in chunks                                 |

    @use.with_head=yes
    Example: After HEAD for the account
      Given Ada is a user with the name "Zoë Brontë 李小龍"
      When a client sends HEAD for the account, and on the same connection reads Ada's account and an unknown one
      Then each answer is complete and belongs to its own request

    @use.with_head=yes
    Example: After HEAD for an unknown account
      Given Ada is a user with the name "Zoë Brontë 李小龍"
      When a client sends HEAD for an unknown account, and on the same connection reads Ada's account and an unknown one
      Then each answer is complete and belongs to its own request

    @use.with_head=yes @use.with_list=yes
    Example: After HEAD for the list
      Given Ada is a user with the name "Zoë Brontë 李小龍"
      When a client sends HEAD for the list, and on the same connection reads Ada's account and an unknown one
      Then each answer is complete and belongs to its own request

    @use.with_pages=yes @use.with_list=yes
    Example: The list after a page that is refused
      Given Ada is a user
      When a client requests page "one", and on the same connection reads the list
      Then the list shows Ada exactly once

    @use.with_access=yes
    Example: After a large POST without a token
      Given Ada is a user with the name "Zoë Brontë 李小龍"
      When a client sends a large POST without a token, and on the same connection reads Ada's account and an unknown one
      Then each answer is complete and belongs to its own request

    Example: Reads after a client hangs up
      Given Ada and Grace are users
      When a client asks for Ada's account and hangs up, and others read Grace's, several times
      Then each answer is 200 and shows Grace's account

  @rule.own-answer
  Rule: A request with a body in chunks is served like any other, or refused with 411

    Example: A sign-up in chunks
      When Ada signs up with a body in chunks
      Then Ada's request is accepted or refused with 411, and the next one gets its own answer

    @use.with_patch=yes
    Example: An update in chunks
      Given Ada is a user
      When Ada changes their name with an update whose body is in chunks
      Then Ada's request is accepted or refused with 411, and the next one gets its own answer

    @use.with_put=yes
    Example: A replacement in chunks
      Given Ada is a user
      When Ada changes their name with a replacement whose body is in chunks
      Then Ada's request is accepted or refused with 411, and the next one gets its own answer

  @rule.own-answer
  Rule: The spelling of a header, or a header that the API does not need, makes no difference

    Scenario Outline: A Content-Type <written>
      When Ada signs up with a Content-Type <written>
      Then Ada's account is created

      Examples:
        | written                  |
        | in capitals              |
        | with a charset           |
        | with CHARSET in capitals |
        | with UTF-8 in capitals   |
        | with a charset in quotes |

    @use.with_patch=yes
    Scenario Outline: An update with a Content-Type <written>
      Given Ada is a user
      When Ada sends an update with a Content-Type <written>
      Then Ada's change takes effect like any other

      Examples:
        | written                |
        | in capitals            |
        | with a charset         |
        | with UTF-8 in capitals |

    @use.with_put=yes
    Scenario Outline: A replacement with a Content-Type <written>
      Given Ada is a user
      When Ada sends a replacement with a Content-Type <written>
      Then Ada's change takes effect like any other

      Examples:
        | written                |
        | in capitals            |
        | with a charset         |
        | with UTF-8 in capitals |

    Example: Sign-ups by browsers and command-line tools
      When users sign up with the languages, cookies and User-Agents of browsers and curl
      Then each account is created and shown with its own name and email

    Example: Reads by browsers and command-line tools
      Given Ada is a user with the name "Zoë Brontë 李小龍"
      When Ada's account is read with the languages, cookies and User-Agents of browsers and curl
      Then each answer is 200 and shows Ada's account

    @use.with_changes=yes
    Example: Reads by browsers and command-line tools before and after a change
      Given Ada is a user with the name "Zoë Brontë 李小龍"
      And Ada's account has been read with the languages, cookies and User-Agents of browsers and curl
      And Ada has changed their name with an update
      When Ada's account is read with the languages, cookies and User-Agents of browsers and curl
      Then each answer is 200 and shows Ada's account

    Example: A DELETE declared as JSON, without a body
      Given Ada is a user
      When Ada deletes their account with Content-Type JSON and no body
      Then Ada's deletion is confirmed
      And Ada's account is gone
