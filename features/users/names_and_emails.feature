@contract @edge
Feature: Names and emails are stored as sent
  Users expect to see the name they typed. A name that comes back escaped, cut or
  normalized is wrong, and mail to an altered email is lost.

  @rule.exact-text
  Rule: A name comes back exactly as it was sent

    Scenario Outline: A name with <why>
      When Ada signs up with the name "<name>"
      Then a read, the list and a search show exactly this name

      Examples:
        | name                          | why                                |
        | 李小龍                        | Chinese characters                 |
        | نجيب محفوظ                    | letters written from right to left |
        | O'Brien                       | an apostrophe                      |
        | Simon & Garfunkel &amp; Söhne | a plain and an escaped ampersand   |
        | 007                           | only digits                        |
        | null                          | the word null                      |

    @slow
    Scenario Outline: Names with <names> are kept, whichever request sends them
      When users take names with <names> by sign-up, update and replacement
      Then each name is shown as it was sent

      Examples:
        | names                                       |
        | letters of other scripts                    |
        | letters that Unicode writes in several ways |
        | emoji                                       |
        | white space                                 |
        | characters with a special meaning elsewhere |
        | escapes and templates of other languages    |
        | words and numbers that programs interpret   |
        | unusual lengths                             |
        | capitals among small letters                |

    @edge @slow
    Example: Names with white space are still kept two seconds later
      When users take names with white space by sign-up, update and replacement
      And each of them is read again two seconds later
      Then each name is shown as it was sent

    @slow
    Example: Names with invisible characters are kept or refused
      That includes joined emoji, such as 👩‍🔬, whose parts such a character joins.

      When users take names with invisible characters by sign-up, update and replacement
      Then each name is shown as it was sent, unless it was refused

    Example: Ada signs up with a name sent in escaped form
      When Ada signs up with the name "李小龍 🦉 O'Brien A/B\C", sent with every character escaped
      Then a read, the list and a search show exactly this name

    @use.with_patch=yes
    Example: Ada updates their name to one sent in escaped form
      Given Ada is a user
      When Ada changes to the name "李小龍 🦉 O'Brien A/B\C" with an update, sent with every character escaped
      Then a read, the list and a search show exactly this name

    @use.with_put=yes
    Example: Ada replaces their name with one sent in escaped form
      Given Ada is a user
      When Ada changes to the name "李小龍 🦉 O'Brien A/B\C" with a replacement, sent with every character escaped
      Then a read, the list and a search show exactly this name

  @rule.exact-text
  Rule: An email comes back as it was sent, except for letter case

    Scenario Outline: A new user with <value> is shown with this email
      When Ada signs up with <value>
      Then a read, the list and a search show this email, apart from letter case

      Examples:
        | value                      | why                           |
        | an email with a +tag       | users filter their mail by it |
        | an email in upper case     | some users write it that way  |
        | an email of maximum length | 254 characters are allowed    |

    @slow
    Scenario Outline: Emails with <emails> are kept, whichever request sends them
      When users take emails with <emails> by sign-up, update and replacement
      Then each email is shown as it was sent, apart from letter case

      Examples:
        | emails                                                   |
        | a special character before the @                         |
        | special characters first, last and in a row before the @ |
        | unusual text before the @                                |
        | capitals among small letters                             |
        | unusual domains                                          |
        | domains that are reserved for tests                      |
