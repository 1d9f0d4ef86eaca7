@contract @negative @use.with_access=yes
Feature: Access needs the token
  The API holds names and emails. A client without exactly the right token must not
  read, add, change or delete any of them; one that has the token may.

  @rule.auth-401
  Rule: Without the right token, every request is refused and nothing changes

    Scenario Outline: Mallory uses <credential>
      Given Grace is a user
      When Mallory tries to read, change, delete and sign up with <credential>
      Then every attempt is refused
      And no user was created
      And Grace's account is unchanged

      Examples:
        | credential                                 | why                                   |
        | no token                                   | anonymous clients have no access      |
        | an empty token                             | an empty token is not a token         |
        | a wrong token                              | not every token is valid              |
        | the token plus one character               | a matching beginning is not enough    |
        | the token plus an equals sign              | padding of Base64 counts too          |
        | the token plus one word                    | whatever follows the token counts too |
        | the token without its last character       | a matching beginning is not enough    |
        | the token without its first character      | a matching end is not enough          |
        | the token with a different last character  | a matching beginning is not enough    |
        | the token with an extra character in front | a matching end is not enough          |
        | the token with its letter case swapped     | tokens are case-sensitive             |

      @use.with_bearer=yes
      Examples: schemes
        | credential                               | why                                    |
        | the token in the Basic scheme            | the token is a bearer token            |
        | the token as both user name and password | the token is a bearer token            |
        | the token without a scheme               | the token is a bearer token            |
        | the token in the Token scheme            | the token is a bearer token            |
        | the token before another credential      | whatever follows the token counts too  |
        | the token after another credential       | whatever precedes the token counts too |

    @edge
    Example: Mallory puts the token where it does not belong
      Given Grace is a user
      When Mallory reads and signs up with the token in queries, cookies and bodies
      Then every attempt is refused
      And no user was created

    @edge
    Example: Mallory spells the URL in other ways, or adds headers
      Given Grace is a user
      When Mallory requests Grace's account without the token, with other URL spellings and unusual headers
      Then every attempt is refused
      And Grace's account is unchanged

    @edge
    Example: A refused request does not take effect later
      Given Grace is a user
      When Mallory tries to read, change, delete and sign up with no token
      Then half a second later, no user has been created
      And Grace's account is unchanged

    @smoke
    Example: Ada still has access after Mallory was refused
      Given Grace is a user
      When Mallory tries to read, change, delete and sign up with a wrong token
      And Ada signs up
      Then Ada's account is created
      And Grace's account is unchanged

    Example: The email of Mallory's refused sign-up stays free
      Given Grace is a user
      When Mallory tries to read, change, delete and sign up with a wrong token
      And Ada signs up with Mallory's email
      Then Ada's account is created
