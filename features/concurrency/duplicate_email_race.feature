@contract @concurrency @async @race @edge
Feature: Competing for one email
  An impatient double click on "Sign up" sends the form twice. An API that checks first
  and writes later accepts both, and two users share one email.

  @rule.race-email @use.with_search=yes
  Rule: When several requests compete for one email, exactly one wins

    Scenario Outline: Many users sign up at once with <email>
      When many users sign up at once with <email>, round after round
      Then in every round exactly one user is created with the email and the others are refused

      Examples:
        | email                               |
        | one email                           |
        | one email in different letter cases |

    @use.with_patch=yes
    Example: Several users change to one email at once with updates
      When several users change to one email at once with an update, round after round
      Then in every round exactly one user gets the email, and the others are refused and change nothing

    @use.with_put=yes
    Example: Several users change to one email at once with replacements
      When several users change to one email at once with a replacement, round after round
      Then in every round exactly one user gets the email, and the others are refused and change nothing

    @use.with_changes=yes
    Example: Some users sign up with an email while others change to it
      When some users sign up with one email while others change to it, round after round
      Then in every round exactly one user gets the email, and the others are refused and change nothing

  @rule.race-email @use.with_search=yes
  Rule: A sign-up that races the deletion of the user who has its email ends as if one had come before the other

    Example: Ada signs up with Grace's email while Grace deletes their account
      When Ada signs up with Grace's email while Grace deletes their account, round after round
      Then every round ends as if one request had come before the other

  @rule.update-taken @use.with_search=yes @use.with_changes=yes
  Rule: A taken email is refused, and stays its owner's, also while its owner changes something

    Example: Ada and Grace ask for each other's email
      When Ada and Grace change to each other's email, and Mallory signs up with Ada's, while Ada changes their name
      Then in every round only the name is changed, and all others are refused

  @rule.race-email @use.with_search=yes @use.with_changes=yes
  Rule: An email that its owner gives up goes to whoever asks for it, or to nobody yet

    Example: Grace takes the email that Ada gives up
      When Ada changes to a new email while Grace changes to Ada's old one, round after round
      Then in every round Ada has the new email, and Grace the old one unless they were refused
