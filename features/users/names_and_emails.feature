@contract @edge
Feature: Names and emails are stored as sent
  Users expect to see the name they typed. A name that comes back escaped, cut or
  normalized is wrong, and mail to an altered email is lost.

  @rule.exact-text
  Rule: A name comes back exactly as it was sent

    Scenario Outline: A name with <why>
      When Ada signs up with the name "<name>"
      Then every view shows exactly this name

      Examples:
        | name                          | why                                |
        | 李小龍                        | Chinese characters                 |
        | Αλίκη Παπαδοπούλου            | Greek letters                      |
        | نجيب محفوظ                    | letters written from right to left |
        | Zoë Brontë-Åström             | accents                            |
        | O'Brien                       | an apostrophe                      |
        | Jean "Django" Reinhardt       | quotation marks                    |
        | <b>Bobby</b>                  | HTML                               |
        | Simon & Garfunkel &amp; Söhne | a plain and an escaped ampersand   |
        | Robert'); DROP TABLE users;-- | SQL                                |
        | Ada 👩‍💻 Lovelace            | an emoji of several code points    |
        | C:\new\table \u0041           | backslashes                        |
        | 100% {name} ${name} %s        | template placeholders              |
        | X                             | a single character                 |
        | null                          | the word null                      |
        | 007                           | only digits                        |
        | 1e5                           | a number in scientific notation    |
        | true                          | the word true                      |
        | undefined                     | the word undefined                 |
        | 2001-02-03T10:00:00+01:00     | a date                             |
        | <script>alert(1)</script>     | a script                           |
        | &lt;Ada&gt; &#39;             | HTML entities                      |
        | =Ada+Grace                    | a spreadsheet formula              |
        | Ada/Grace                     | a slash                            |
        | “Ada” ’Lovelace’ …            | typographic quotes and an ellipsis |
        | ﬁrst ½ ① Ａｄａ               | compatibility characters           |

    Scenario Outline: A new user with <value> gets exactly this name
      When Ada signs up with <value>
      Then every view shows exactly this name

      Examples:
        | value                                   |
        | a name of 200 characters                |
        | a name of 200 Chinese characters        |
        | a name of 200 emoji                     |
        | a name with consecutive spaces          |
        | a name with leading and trailing spaces |
        | a name with combining accents           |
        | a name with a no-break space            |
        | a name with a zero-width joiner         |
        | a name with a tab and a line break      |

    Scenario Outline: An update to a name with <why> keeps it exactly
      Given Ada is a user
      When Ada changes to the name "<name>" with an update
      Then every view shows exactly this name

      Examples:
        | name                     | why                |
        | 李小龍                   | Chinese characters |
        | <i>O'Brien</i> & "Söhne" | HTML               |

    @use.with_put=yes
    Scenario Outline: A replacement with a name with <why> keeps it exactly
      Given Ada is a user
      When Ada changes to the name "<name>" with a replacement
      Then every view shows exactly this name

      Examples:
        | name                     | why              |
        | Ада Лавлейс              | Cyrillic letters |
        | <i>O'Brien</i> & "Söhne" | HTML             |

    Example: Ada sends a name with every character escaped
      When Ada signs up with the name "李小龍 🦉 O'Brien", every character escaped
      Then every view shows exactly this name

    Scenario Outline: An update to <value> keeps it exactly
      Given Ada is a user
      When Ada changes to <value> with an update
      Then every view shows exactly this name

      Examples:
        | value                                   |
        | a name of 200 characters                |
        | a name of 200 emoji                     |
        | a name with consecutive spaces          |
        | a name with leading and trailing spaces |
        | a name with combining accents           |

    @use.with_put=yes
    Scenario Outline: A replacement with <value> keeps it exactly
      Given Ada is a user
      When Ada changes to <value> with a replacement
      Then every view shows exactly this name

      Examples:
        | value                                   |
        | a name of 200 characters                |
        | a name of 200 emoji                     |
        | a name with consecutive spaces          |
        | a name with leading and trailing spaces |

  @rule.exact-text
  Rule: An email comes back as it was sent, except for letter case

    Scenario Outline: A new user with <value> gets exactly this email
      When Ada signs up with <value>
      Then every view shows exactly this email

      Examples:
        | value                            | why                            |
        | an email with a +tag             | users filter their mail by it  |
        | an email with dots               | dots are part of an email      |
        | an email in upper case           | some users write it that way   |
        | an email with digits and hyphens | companies assign such emails   |
        | an email with an apostrophe      | names like O'Brien contain one |
        | an email of maximum length       | 254 characters are allowed     |

    Scenario Outline: An update to <value> keeps it, except for letter case
      Given Ada is a user
      When Ada changes to <value> with an update
      Then every view shows exactly this email

      Examples:
        | value                      |
        | an email of maximum length |
        | an email with dots         |
        | an email with a +tag       |

    @use.with_put=yes
    Scenario Outline: A replacement with <value> keeps it, except for letter case
      Given Ada is a user
      When Ada changes to <value> with a replacement
      Then every view shows exactly this email

      Examples:
        | value                      |
        | an email of maximum length |
        | an email with dots         |
        | an email with a +tag       |
