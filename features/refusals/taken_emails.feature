@contract @negative
Feature: One email, one user
  Support finds users by their email. If two users had the same email, support could
  show the data of one to the other.

  @rule.email-unique
  Rule: A taken email is refused in any letter case, and one that only resembles it is free
    Mail reaches Grace@Example.com and grace@example.com alike.

    Scenario Outline: Mallory signs up with Grace's email <spelling>
      Given Grace is a user
      When Mallory signs up with Grace's email <spelling>
      Then Mallory is refused because the email is taken
      And only Grace is found by their email
      And Grace's account is unchanged

      Examples:
        | spelling                   |
        | letter for letter          |
        | in upper case              |
        | with one upper-case letter |
        | with an upper-case domain  |

    @slow
    Scenario Outline: Mallory cannot take emails with <emails> in another letter case
      Given users with <emails> in their emails
      And Mallory is a user
      When Mallory signs up with and changes to each of these emails in another letter case
      Then each request is refused because the email is taken
      And Mallory's account is unchanged

      Examples:
        | emails                                                   |
        | a special character before the @                         |
        | special characters first, last and in a row before the @ |
        | unusual text before the @                                |
        | capitals among small letters                             |
        | unusual domains                                          |

    @edge @slow
    Example: Emails that resemble taken ones are free
      Given users with a special character before the @ in their emails
      When other users take emails that resemble them, by sign-up, update and replacement
      Then each email is shown as it was sent, apart from letter case

    @edge @slow
    Example: An email that contains a wildcard is free although it matches another user's email
      Given users with ordinary emails
      When other users take the same emails with a wildcard in place of a letter, by sign-up, update and replacement
      Then each email is shown as it was sent, apart from letter case

    @edge @slow
    Example: An email and the same with a +tag are still two, and both are taken, two seconds later
      Given Grace is a user
      And Ada is a user with Grace's email plus a +tag
      When two seconds pass without a request for these accounts
      And Mallory signs up with Grace's email
      Then Mallory is refused because the email is taken
      And Grace's account is unchanged
      And Ada's account is unchanged

    Example: Mallory signs up in lower case with Grace's upper-case email
      Given Grace is a user with an email in upper case
      When Mallory signs up with Grace's email in lower case
      Then Mallory is refused because the email is taken
      And Grace's account is unchanged

    Example: Mallory signs up with Grace's name and email
      Given Grace is a user
      When Mallory signs up with Grace's name and email
      Then Mallory is refused because the email is taken
      And Grace's account is unchanged

    Example: Mallory signs up with Grace's email of maximum length
      Given Grace is a user with an email of maximum length
      When Mallory signs up with Grace's email
      Then Mallory is refused because the email is taken
      And only Grace is found by their email
      And Grace's account is unchanged

    @use.with_changes=yes
    Example: Mallory signs up with Grace's email after Grace has changed their name
      Given Grace is a user
      And Grace has changed their name with an update
      When Mallory signs up with Grace's email
      Then Mallory is refused because the email is taken
      And only Grace is found by their email
      And Grace's account is unchanged

    Example: Mallory signs up with Grace's email three times
      Given Grace is a user
      When Mallory signs up with Grace's email 3 times
      Then each request is refused because the email is taken
      And only Grace is found by their email
      And Grace's account is unchanged

    @use.with_patch=yes
    Scenario Outline: Mallory signs up with Grace's new email <spelling> after an update
      Given Grace is a user
      And Grace has changed their email with an update
      When Mallory signs up with Grace's email <spelling>
      Then Mallory is refused because the email is taken
      And only Grace is found by their email
      And Grace's account is unchanged

      Examples:
        | spelling          |
        | letter for letter |
        | in upper case     |

    @use.with_put=yes
    Scenario Outline: Mallory signs up with Grace's new email <spelling> after a replacement
      Given Grace is a user
      And Grace has changed their email with a replacement
      When Mallory signs up with Grace's email <spelling>
      Then Mallory is refused because the email is taken
      And only Grace is found by their email
      And Grace's account is unchanged

      Examples:
        | spelling          |
        | letter for letter |
        | in upper case     |

    @use.with_patch=yes
    Example: Mallory signs up in lower case with the upper-case email that Grace got with an update
      Given Grace is a user
      And Grace has changed to an email in upper case with an update
      When Mallory signs up with Grace's email in lower case
      Then Mallory is refused because the email is taken
      And a search for Grace's email in lower case finds only Grace

    @use.with_put=yes
    Example: Mallory signs up in lower case with the upper-case email that Grace got with a replacement
      Given Grace is a user
      And Grace has changed to an email in upper case with a replacement
      When Mallory signs up with Grace's email in lower case
      Then Mallory is refused because the email is taken
      And a search for Grace's email in lower case finds only Grace

    @use.with_patch=yes
    Example: Mallory signs up with an email that Grace sent again with an update
      Given Grace is a user
      And Grace has changed their name and sent their own email with an update
      When Mallory signs up with Grace's email
      Then Mallory is refused because the email is taken
      And only Grace is found by their email
      And Grace's account is unchanged

    @use.with_put=yes
    Example: Mallory signs up with an email that Grace sent again with a replacement
      Given Grace is a user
      And Grace has changed their name and sent their own email with a replacement
      When Mallory signs up with Grace's email
      Then Mallory is refused because the email is taken
      And only Grace is found by their email
      And Grace's account is unchanged

    Example: Mallory signs up with Grace's email after its former owner deletes their account again
      Some APIs reuse the newest id once its user is deleted. Barbara signs up after Ada, so that
      Grace does not get Ada's id.

      Given Ada and Barbara are users
      And Ada has deleted their account
      When Grace signs up with Ada's email once it is free
      And Ada deletes their account again
      And Mallory signs up with Grace's email
      Then Mallory is refused because the email is taken
      And only Grace is found by their email
      And Grace's account is unchanged

    @edge
    Example: Ada's old email is still Grace's half a second after Grace took it
      Given Ada is a former user
      When Grace signs up with Ada's email once it is free
      And half a second later, Alan signs up with Grace's email
      Then Alan is refused because the email is taken
      And only Grace is found by their email

  @rule.update-taken
  Rule: No user can change to an email that another user has

    @use.with_patch=yes
    Scenario Outline: Mallory tries to change to Grace's email <spelling> with an update
      Given Grace and Mallory are users
      When Mallory tries to change to Grace's email <spelling> with an update
      Then Mallory is refused because the email is taken
      And Grace's account is unchanged
      And Mallory's account is unchanged

      Examples:
        | spelling          |
        | letter for letter |
        | in upper case     |

    @use.with_put=yes
    Scenario Outline: Mallory tries to change to Grace's email <spelling> with a replacement
      Given Grace and Mallory are users
      When Mallory tries to change to Grace's email <spelling> with a replacement
      Then Mallory is refused because the email is taken
      And Grace's account is unchanged
      And Mallory's account is unchanged

      Examples:
        | spelling          |
        | letter for letter |
        | in upper case     |

    @use.with_changes=yes
    Example: Mallory tries to change to a new name and Grace's email
      Given Grace and Mallory are users
      When Mallory tries to change to a new name and Grace's email with an update
      Then Mallory is refused because the email is taken
      And Grace's account is unchanged
      And Mallory's account is unchanged in every view

    @edge @use.with_changes=yes
    Example: Mallory's change to a new name and Grace's email stays refused when Alan signs up
      Given Grace and Mallory are users
      When Mallory tries to change to a new name and Grace's email with an update
      And Alan signs up
      Then Mallory's account is unchanged

    @use.with_patch=yes
    Example: Grace keeps their email after Mallory's update to it is refused
      Given Grace and Mallory are users
      When Mallory tries to change to Grace's email with an update
      And Alan signs up with Grace's email
      Then Alan is refused because the email is taken
      And only Grace is found by their email

    @use.with_put=yes
    Example: Grace keeps their email after Mallory's replacement with it is refused
      Given Grace and Mallory are users
      When Mallory tries to change to Grace's email with a replacement
      And Alan signs up with Grace's email
      Then Alan is refused because the email is taken
      And only Grace is found by their email

    @use.with_patch=yes
    Example: Mallory keeps their own email after an update to Grace's is refused
      Given Grace and Mallory are users
      When Mallory tries to change to Grace's email with an update
      And Alan signs up with Mallory's email
      Then Alan is refused because the email is taken
      And only Mallory is found by their email

    @use.with_put=yes
    Example: Mallory keeps their own email after a replacement with Grace's is refused
      Given Grace and Mallory are users
      When Mallory tries to change to Grace's email with a replacement
      And Alan signs up with Mallory's email
      Then Alan is refused because the email is taken
      And only Mallory is found by their email

  @rule.update-taken
  Rule: An email that a user gave up is free again

    @use.with_patch=yes
    Example: Ada signs up with an email that Grace gave up with an update
      Given Grace is a user
      And Grace has changed their email with an update
      When Ada signs up with Grace's old email
      Then Ada's account is created
      And only Ada is found by their email
      And Grace's account is unchanged

    @use.with_changes=yes
    Example: Alan changes to an email that Grace gave up with an update
      Given Grace and Alan are users
      And Grace has changed their email with an update
      When Alan changes to Grace's old email with an update
      Then Alan's change of email is accepted
      And only Alan is found by their email
      And Grace's account is unchanged

    @use.with_put=yes
    Example: Ada signs up with an email that Grace gave up with a replacement
      Given Grace is a user
      And Grace has changed their email with a replacement
      When Ada signs up with Grace's old email
      Then Ada's account is created
      And only Ada is found by their email
      And Grace's account is unchanged

    @use.with_changes=yes
    Example: Ada signs up in lower case with the upper-case email that Grace gave up
      Given Grace is a user with an email in upper case
      And Grace has changed their email with an update
      When Ada signs up with Grace's old email in lower case
      Then Ada's account is created
      And only Ada is found by their email

    @use.with_changes=yes
    Example: Grace changes their email and changes it back
      Given Grace is a user
      And Grace has changed their email with an update
      When Grace changes back to their old email with an update
      Then Grace's change of email is accepted
      And only Grace is found by their email
