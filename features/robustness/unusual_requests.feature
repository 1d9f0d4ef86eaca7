@contract @concurrency @async @burst
Feature: Unusual requests
  Scanners, old browsers and broken programs send what nobody expects. It may be refused;
  it must not bring the API down, take effect later, or touch another user's account.
  A 5xx to an unusual request is a failure only if two retries get it too; a method that
  the server does not know may get 501, and a very large request no answer.

  @rule.robust
  Rule: A body, however unusual, neither makes the API fail nor changes another account

    Scenario Outline: Sign-ups with <bodies>
      Given Grace is a user
      When clients sign up at once with <bodies>
      Then every request is answered without a server error, but for the exceptions that this feature names
      And no answer contains a stack trace, SQL or a server path
      And every account is unchanged
      And each user who was created is shown as in the answer, and those who were refused are not shown

      Examples:
        | bodies                       |
        | deeply nested JSON           |
        | very large JSON              |
        | unusual numbers              |
        | repeated and reserved fields |
        | unusual characters           |
        | broken escapes and a NUL     |

    @use.with_patch=yes
    Example: Updates with unusual bodies
      Given Ada and Grace are users
      When clients change Ada's account at once with unusual bodies, each with an update
      Then every request is answered without a server error, but for the exceptions that this feature names
      And no answer contains a stack trace, SQL or a server path
      And Ada's name and email are each unchanged, or as one of the accepted changes set them
      And every account except Ada's is unchanged

    @use.with_put=yes
    Example: Replacements with unusual bodies
      Given Ada and Grace are users
      When clients change Ada's account at once with unusual bodies, each with a replacement
      Then every request is answered without a server error, but for the exceptions that this feature names
      And no answer contains a stack trace, SQL or a server path
      And Ada's name and email are each unchanged, or as one of the accepted changes set them
      And every account except Ada's is unchanged

  @rule.robust
  Rule: An id, a query, a header or a method, however unusual, changes nothing

    Scenario Outline: Requests with <what>
      Given Ada is a user
      When clients send requests with <what>, up to 30 at once, some of them for Ada's account
      Then every request is answered without a server error, but for the exceptions that this feature names
      And no answer contains a stack trace, SQL or a server path
      And every account is unchanged

      Examples:
        | what            |
        | unusual ids     |
        | unusual headers |
        | unusual methods |

    @use.with_list=yes
    Example: Requests with unusual queries
      Given Ada is a user
      When clients read the list at once with unusual queries
      Then every request is answered without a server error, but for the exceptions that this feature names
      And no answer contains a stack trace, SQL or a server path
      And every account is unchanged

  @rule.robust
  Rule: A change reaches only the account in its URL, whatever its query and headers say

    @use.with_changes=yes
    Example: Changes whose queries or headers name another user
      Given Ada and Grace are users
      When clients change Ada's account at once with queries and headers that name Grace
      Then every request is answered without a server error, but for the exceptions that this feature names
      And no answer contains a stack trace, SQL or a server path
      And Ada's name and email are each unchanged, or as one of the accepted changes set them
      And every account except Ada's is unchanged

  @rule.robust
  Rule: Randomly generated requests change no account that they do not name

    @fuzz @use.with_patch=yes
    Example: Generated sign-ups, updates, ids, queries and headers
      Given Ada and Grace are users
      When clients send 75 generated requests, up to 30 at once, some of them for Ada's account
      Then every request is answered without a server error, but for the exceptions that this feature names
      And no answer contains a stack trace, SQL or a server path
      And Ada's name and email are each unchanged, or as one of the accepted changes set them
      And every account except Ada's is unchanged

  @rule.robust @negative
  Rule: A refused request changes nothing, now or later

    Example: Refused sign-ups, changes and deletions
      Given Ada and Grace are users
      When Mallory tries to sign up and change Ada's account with bad data or no token, and to delete it with no token
      Then each request is refused with a 4xx
      And half a second later every account is unchanged, and none was created

    @use.with_changes=yes
    Example: A change to a taken email that becomes free after the refusal
      Given Grace and Mallory are users
      When Mallory tries to change to Grace's email with an update
      Then Mallory is refused because the email is taken
      When Grace deletes their account
      Then Grace's account is gone
      And half a second later, Mallory's account is still unchanged

    @use.with_patch=yes
    Example: An update after refused requests
      Given Ada and Grace are users
      When Mallory tries to sign up and change Ada's account with bad data or no token, and to delete it with no token
      Then each request is refused with a 4xx
      When Ada changes their name
      Then Ada's update changes nothing else

  @rule.robust
  Rule: Many refused requests do not stop the API from serving users

    @slow @use.with_changes=yes
    Example: Five users after many refusals
      Given Ada is a user
      And Mallory has sent 500 requests that the API is to refuse, most of them malformed sign-ups
      When 5 users sign up, change their names, read and delete their accounts at once
      Then each of these users is served as if nothing had been refused

    @use.with_changes=yes
    Example: An update after 100 changes to a taken email
      Given Ada and Grace are users
      And Ada has tried 100 times to change to Grace's email
      When Ada changes their name
      Then Ada's update changes nothing else
