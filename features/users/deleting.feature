@contract
Feature: Deleting an account
  A deleted user disappears from every view. Their email can be used again, but their
  id is never reassigned. A deletion may take a moment to take effect.

  @rule.delete
  Rule: A deleted account disappears from every view

    @smoke
    Example: Ada deletes their account
      Given Ada is a user
      When Ada deletes their account
      Then Ada's deletion is confirmed
      And Ada's account is gone
      And the list no longer shows Ada

    @edge
    Example: Ada's account is deleted by their percent-encoded id
      Given Ada is a user
      When a client deletes Ada's account by a percent-encoded id
      Then Ada's deletion is confirmed
      And Ada's account is gone

    Example: Ada deletes their account right after support has seen it
      Given Ada is a user
      And support has seen Ada's account by a read, in the list and by a search
      When Ada deletes their account
      Then Ada's account is gone
      And the list no longer shows Ada
      And Ada is no longer found by their email

    Example: Several users delete their accounts one after another
      Given Ada, Grace, Alan and Barbara are users
      When Ada, Grace and Alan delete their accounts one after another
      Then the accounts of Ada, Grace and Alan are gone
      And Barbara's account is unchanged

    @edge
    Scenario Outline: A user with <value> deletes their account
      Given Ada is a user with <value>
      When Ada deletes their account
      Then Ada's deletion is confirmed
      And Ada's account is gone
      And the list no longer shows Ada

      Examples:
        | value                        | why                         |
        | a name in Chinese characters | the script must not matter  |
        | a name of 200 characters     | the length must not matter  |
        | an email in upper case       | letter case must not matter |
        | an email with a +tag         | a tag must not matter       |

    @use.with_changes=yes
    Example: Ada deletes their account after a change
      Given Ada is a user
      When Ada changes their name and email
      And Ada deletes their account
      Then Ada's deletion is confirmed
      And Ada's account is gone
      And the list no longer shows Ada
      And half a second later, no view shows Ada

    @edge @use.with_changes=yes @slow
    Example: After two idle seconds, a deleted user is still gone, and the others can carry on
      After a pause, the API may open a new connection to its database, with other settings.

      Given Ada is a former user
      And Grace and Alan are users
      When two seconds pass without a request for these accounts
      And Barbara signs up with a name in Chinese characters
      Then Barbara's account is created
      And only Alan is found by their email
      And Ada's account is gone
      And the list no longer shows Ada
      And Barbara's account is unchanged
      And Grace's account is unchanged in every view
      When Grace changes their name
      Then Grace's account is returned with only that change

  @rule.delete-again
  Rule: Deleting a user who does not exist changes nothing

    @negative
    Example: Ada deletes their account twice
      Given Ada is a former user
      When Ada deletes their account again
      Then the API answers that there is no such user, or confirms with an empty answer
      And Ada's account is gone

    @negative
    Example: Ada deletes their account again after Grace has taken the email
      Given Ada is a former user
      When Grace signs up with Ada's email once it is free
      And Ada deletes their account again
      Then the API answers that there is no such user, or confirms with an empty answer
      And Grace's account is unchanged in every view

    @negative
    Example: Deleting a user who never existed
      Given Grace is a user
      When a client deletes a user who never existed
      Then the API answers that there is no such user, or confirms with an empty answer
      And Grace's account is unchanged

    @negative
    Scenario Outline: Deleting a user whose id is <id>
      Given Ada is a user
      When a client deletes the user whose id is <id>
      Then the API answers that there is no such user, or confirms with an empty answer
      And Ada's account is unchanged

      Examples:
        | id                          |
        | a word                      |
        | Ada's id plus one character |

    @negative @edge
    Example: Deleting by ids that resemble Ada's
      Given Ada is a user
      When a client tries to delete a user by each id that resembles Ada's
      Then the API answers that there is no such user, or confirms with an empty answer
      And no request for another id has changed Ada's account

  @rule.delete-frees
  Rule: A deletion frees the email but not the id

    Example: Ada signs up again with the same email
      Given Ada is a former user
      When Ada signs up again once their email is free
      Then Ada's account is created
      And no account has Ada's old id
      And only Ada is found by their email

    Example: Ada signs up a third time with the same email
      Given Ada is a former user
      When Ada signs up again once their email is free
      And Ada deletes their account
      Then Ada's account is gone
      When Ada signs up again once their email is free
      Then Ada's account is created

    @edge @slow
    Example: Grace keeps the account that they created with Ada's old email
      Given Ada is a former user
      When Grace signs up with Ada's email once it is free
      Then Grace's account is unchanged
      And two seconds later, Grace's account is still unchanged

    @edge
    Example: A refused sign-up does not take effect once the email is free
      Given Ada is a user
      When Mallory signs up with Ada's email
      And Ada deletes their account
      Then Ada's account is gone
      And half a second later, no user has been created

    Example: Grace takes Ada's old email in upper case
      Given Ada is a former user
      When Grace signs up with Ada's email in upper case once it is free
      Then Grace's account is created

    Example: Grace takes Ada's old upper-case email in lower case
      Given Ada is a user with an email in upper case
      When Ada deletes their account
      And Grace signs up with Ada's email in lower case once it is free
      Then Grace's account is created

    @use.with_patch=yes
    Example: Grace changes to Ada's old email with an update
      Given Grace is a user
      And Ada is a former user
      When Grace changes to Ada's email with an update once it is free
      Then Grace's account is returned with only that change
      And every view of Grace's account shows the same

    @use.with_put=yes
    Example: Grace changes to Ada's old email with a replacement
      Given Grace is a user
      And Ada is a former user
      When Grace changes to Ada's email with a replacement once it is free
      Then Grace's account is returned with only that change
      And every view of Grace's account shows the same

    @use.with_changes=yes
    Example: Grace takes the last email that Ada had
      Given Ada is a user
      And Ada has changed their email with an update
      When Ada deletes their account
      And Grace signs up with Ada's email once it is free
      Then Grace's account is created

    Example: New users do not get the id of a deleted user
      Given Ada is a former user
      When Grace, Alan and Barbara sign up one after another
      Then no account has Ada's old id
      And Ada's account is gone
