@contract @negative @use.with_access=yes
Feature: Only the token opens the door
  The directory holds people's names and addresses. Whoever does not bring exactly the
  right token sees nothing and changes nothing.

  @rule.auth-401
  Rule: Without the right token every request is refused and nothing changes

    Scenario Outline: Mallory comes with <introduction>
      Given Grace is a user
      When Mallory tries to read, change, delete and sign up with "<introduction>"
      Then every attempt is refused as unauthorized
      And nobody signed up as Mallory
      And Grace is as she was

      Examples:
        | introduction                          | why                              |
        | no token                              | the door is closed for strangers |
        | an empty token                        | nothing is not a token           |
        | a wrong token                         | any token is not the token       |
        | another scheme                        | the token is a bearer token      |
        | the token and one character more      | the beginning must not be enough |
        | the token and one word more           | what follows must count as well  |
        | the token without its last character  | the beginning must not be enough |
        | the token without its first character | the end must not be enough       |
        | the token with another last character | the beginning must not be enough |
        | one character more before the token   | the end must not be enough       |
        | the token in another letter case      | letter case counts in a token    |
        | the token without a scheme            | the token is a bearer token      |
        | the token under the scheme Token      | the token is a bearer token      |

    @smoke
    Example: Mallory is refused, and Ada still gets in
      Given Grace is a user
      When Mallory tries to read, change, delete and sign up with "a wrong token"
      And Ada signs up
      Then Ada is welcomed

    Example: The address that Mallory was refused with is free
      Given Grace is a user
      When Mallory tries to read, change, delete and sign up with "a wrong token"
      And Ada signs up with Mallory's address as it is
      Then Ada is welcomed with this address
