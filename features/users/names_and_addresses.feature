@contract @edge
Feature: Names and addresses stay as they were written
  People are called what they are called. A name that comes back escaped, cut or
  reshaped is somebody else's name, and mail to a changed address is lost.

  @rule.exact-text
  Rule: A name comes back exactly as it was sent

    Scenario Outline: A name with <why>
      When a newcomer called "<name>" signs up
      Then she is shown with exactly this name, wherever she is shown

      Examples:
        | name                          | why                                      |
        | 李小龍                        | Chinese characters                       |
        | Αλίκη Παπαδοπούλου            | Greek letters                            |
        | نجيب محفوظ                    | letters from right to left               |
        | Zoë Brontë-Åström             | accents                                  |
        | O'Brien                       | an apostrophe                            |
        | Jean "Django" Reinhardt       | quotation marks                          |
        | <b>Bobby</b>                  | what looks like HTML                     |
        | Simon & Garfunkel &amp; Söhne | an ampersand, and one already escaped    |
        | Robert'); DROP TABLE users;-- | what looks like SQL                      |
        | Ada 👩‍💻 Lovelace             | an emoji of several code points          |
        | C:\new\table \u0041           | backslashes                              |
        | 100% {name} ${name} %s        | what looks like a template               |
        | X                             | a single character                       |
        | null                          | a word that programs know                |
        | 007                           | digits only                              |
        | 1e5                           | what looks like a number                 |
        | true                          | what looks like a truth value            |
        | undefined                     | another word that programs know          |
        | 2001-02-03T10:00:00+01:00     | what looks like a date                   |
        | <script>alert(1)</script>     | what looks like a program                |
        | &lt;Ada&gt; &#39;             | what is escaped already                  |
        | =Ada+Grace                    | what looks like a formula                |
        | Ada/Grace                     | a slash                                  |
        | “Ada” ’Lovelace’ …            | typographic quotation marks and dots     |
        | ﬁrst ½ ① Ａｄａ               | characters that are compatible to others |

    Scenario Outline: A newcomer with <what>
      When a newcomer with <what> signs up
      Then she is shown with exactly this name, wherever she is shown

      Examples:
        | what                                       |
        | a name of 200 characters                   |
        | a name of 200 Chinese characters           |
        | a name of 200 emoji                        |
        | a name with two spaces in a row            |
        | a name with a space before and after       |
        | a name with accents as separate characters |
        | a name with a space that does not break    |
        | a name with a joiner that is not seen      |
        | a name with a tab and a line break         |

    Scenario Outline: Ada is renamed by <change> to <why>
      Given Ada is a user
      When Ada is renamed by <change> to "<name>"
      Then she is shown with exactly this name, wherever she is shown

      Examples:
        | change   | name                     | why                  |
        | changing | 李小龍                   | Chinese characters   |
        | changing | <i>O'Brien</i> & "Söhne" | what looks like HTML |

      @use.with_put=yes
      Examples: by replacement
        | change    | name                     | why                  |
        | replacing | Ада Лавлейс              | Cyrillic letters     |
        | replacing | <i>O'Brien</i> & "Söhne" | what looks like HTML |

    Example: A name that is sent with every character escaped
      When a newcomer called "李小龍 🦉 O'Brien" signs up with every character escaped
      Then she is shown with exactly this name, wherever she is shown

    Scenario Outline: Ada gets <what> by <change>
      Given Ada is a user
      When Ada gets <what> by <change>
      Then she is shown with exactly this name, wherever she is shown

      Examples:
        | change   | what                                       |
        | changing | a name of 200 characters                   |
        | changing | a name of 200 emoji                        |
        | changing | a name with two spaces in a row            |
        | changing | a name with a space before and after       |
        | changing | a name with accents as separate characters |

      @use.with_put=yes
      Examples: by replacement
        | change    | what                                 |
        | replacing | a name of 200 characters             |
        | replacing | a name of 200 emoji                  |
        | replacing | a name with two spaces in a row      |
        | replacing | a name with a space before and after |

  @rule.exact-text
  Rule: An address comes back as it was sent, but for letter case

    Scenario Outline: A newcomer who has <what>
      When a newcomer with <what> signs up
      Then she is shown with exactly this address, wherever she is shown

      Examples:
        | what                               | why                            |
        | an address with a +tag             | people sort their mail by it   |
        | an address with dots               | a.b@ and ab@ may be two people |
        | an address in capitals             | some people write it so        |
        | an address with digits and hyphens | companies give such ones       |
        | an address with an apostrophe      | O'Brien has one in her name    |
        | an address of 254 characters       | the longest that there is      |

    Example: Ada moves to an address with a +tag
      Given Ada is a user
      When Ada moves to her address with a +tag
      Then she is shown with exactly this address, wherever she is shown

    Scenario Outline: Ada moves by <change> and has <what>
      Given Ada is a user
      When Ada gets <what> by <change>
      Then she is shown with exactly this address, wherever she is shown

      Examples:
        | change   | what                         |
        | changing | an address of 254 characters |
        | changing | an address with dots         |

      @use.with_put=yes
      Examples: by replacement
        | change    | what                         |
        | replacing | an address of 254 characters |
        | replacing | an address with dots         |
        | replacing | an address with a +tag       |
