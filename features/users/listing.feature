@contract
Feature: The list of users
  Support opens the list to see who is a user, and searches it by email. Support cannot
  help a user whom the list does not show.

  @rule.list @use.with_list=yes
  Rule: The list shows every user with their current data, and nobody who was deleted

    @smoke
    Example: The list shows Ada as soon as Ada has signed up
      Given Ada is a user
      When support reads the list
      Then the list shows Ada exactly once

    Example: The list shows several new users
      Given Ada, Grace, Alan, Barbara and Edsger are users
      When support reads the list
      Then the list shows each of the users exactly once

    @edge
    Scenario Outline: The list shows a user with <value>
      Given Ada is a user with <value>
      When support reads the list
      Then the list shows Ada exactly once

      Examples:
        | value                        |
        | a name in Chinese characters |
        | a name of 200 characters     |
        | an email in upper case       |

    Example: The list shows two users with the same name
      Given Grace is a user
      And Ada is a user with Grace's name
      When support reads the list
      Then the list shows each of the users exactly once

    @edge
    Example: An unknown parameter hides nobody
      Given Ada is a user
      When support reads the list, and searches for Ada's email, with unknown parameters
      Then Ada is shown, unless the request is refused

    @use.with_patch=yes
    Example: The list shows Ada's new name immediately after an update
      Given Ada is a user
      And support has read the list
      And Ada has changed their name with an update
      When support reads the list
      Then the list shows Ada exactly once, with their current data

    @use.with_put=yes
    Example: The list shows Ada's new name immediately after a replacement
      Given Ada is a user
      And support has read the list
      And Ada has changed their name with a replacement
      When support reads the list
      Then the list shows Ada exactly once, with their current data

    Example: The list no longer shows a deleted user
      Given Ada and Grace are users
      When Ada deletes their account
      Then the list no longer shows Ada
      And the list still shows Grace

  @rule.filter-email @use.with_email_filter=yes
  Rule: Searching for an email finds exactly the user who has it

    @smoke
    Example: Ada is found by their email
      Given Ada and Grace are users
      When support searches for Ada's email
      Then only Ada is found

    @edge @use.with_list=yes
    Example: Users at both ends and in the middle of the list are found
      Given Ada is a user
      When support searches for the emails of the first, the middle and the last user in the list
      Then each of these users is found

    Example: Ada is found by their email in upper case
      Given Ada is a user
      When support searches for Ada's email in upper case
      Then only Ada is found

    Example: An email in mixed case is found in lower case
      Given Ada is a user with an email in mixed case
      When support searches for Ada's email in lower case
      Then only Ada is found

    @edge
    Scenario Outline: Only Ada is found when Grace's email <relation> Ada's
      Given Ada is a user
      And Grace is a user with an email that <relation> Ada's
      When support searches for Ada's email
      Then only Ada is found
      And only Grace is found by their email

      Examples:
        | relation                      |
        | starts with                   |
        | ends with                     |
        | differs in one character from |
        | turns round the words in      |

    @edge
    Example: An email with a +tag is found
      Given Ada is a user with an email with a +tag
      When support searches for Ada's email
      Then only Ada is found

    @edge @slow
    Scenario Outline: Users with <emails> in their emails are found by a search <spelling>
      Given users with <emails> in their emails
      When support searches for each of these emails <spelling>
      Then each search finds exactly the user with the email

      Examples:
        | emails                                                   | spelling          |
        | a special character before the @                         | letter for letter |
        | special characters first, last and in a row before the @ | letter for letter |
        | unusual text before the @                                | in upper case     |
        | capitals among small letters                             | in lower case     |
        | unusual domains                                          | in upper case     |

    @edge
    Scenario Outline: Searching for <text> finds no user
      Given Ada is a user
      When support searches for <text>
      Then the result is empty

      Examples:
        | text                            | why                                   |
        | an unknown email                | a search without a result is no error |
        | the beginning of Ada's email    | a part of an email is not the email   |
        | Ada's email with a percent sign | a percent sign is a database wildcard |
        | Ada's email with an underscore  | an underscore is a database wildcard  |
        | Ada's email without its dots    | dots are part of an email             |

    @edge
    Scenario Outline: Searching for <text> finds no user or is refused
      Given Ada is a user
      When support searches for <text>
      Then the result is empty or the request is refused as invalid

      Examples:
        | text                             | why                                 |
        | the domain of Ada's email        | it would show everyone at a company |
        | Ada's email with an asterisk     | an asterisk is a wildcard           |
        | the local part of Ada's email    | a part of an email is not the email |
        | Ada's email, a comma and another | a list of emails is not an email    |
        | Ada's email in a JSON array      | a list of emails is not an email    |
        | Ada's email in angle brackets    | a mailbox is not an email           |
        | Ada's name                       | a name is not an email              |
        | an empty string                  | no user has it                      |
        | a space                          | no user has it                      |

    @edge @use.with_pages=yes
    Scenario Outline: Only <user> is on page 1 of the search for their email, <size> per page
      Given Ada and Grace are users
      When support searches for <user>'s email on page 1 with page size <size>
      Then only <user> is found

      Examples:
        | user  | size | why                                   |
        | Ada   | 10   | one page holds the whole result       |
        | Ada   | 1    | the search finds older users, too     |
        | Grace | 1    | the search finds the newest user, too |

    @edge
    Example: An email of maximum length is found, but not another that differs near its end
      Given Ada is a user
      And Grace is a user with an email of maximum length
      And Alan is a user with an email that differs only near the end from Grace's
      When support searches for Grace's email
      Then only Grace is found

    Example: Ada is found although support searched before Ada signed up
      Given support has searched for the email that Ada will use
      When Ada signs up with the email that support searched for
      Then Ada's account is created
      And only Ada is found by their email

    @use.with_patch=yes
    Example: The search shows Ada's new name immediately after an update
      Given Ada is a user
      And support has searched for Ada's email
      And Ada has changed their name with an update
      When support searches for Ada's email
      Then only Ada is found, with their current data

    @use.with_put=yes
    Example: The search shows Ada's new name immediately after a replacement
      Given Ada is a user
      And support has searched for Ada's email
      And Ada has changed their name with a replacement
      When support searches for Ada's email
      Then only Ada is found, with their current data

    Example: A deleted user is no longer found
      Given Ada is a user
      And support has searched for Ada's email
      When Ada deletes their account
      Then Ada is no longer found by their email

    @use.with_changes=yes
    Example: A user who changed their email before the deletion is no longer found
      Given Ada is a user
      And Ada has changed their email with an update
      When Ada deletes their account
      Then Ada is no longer found by their email

    @use.with_changes=yes
    Example: A user with a changed email is found only by the new one
      Given Ada is a user
      And support has searched for Ada's email
      And Ada has changed their email with an update
      When support searches for Ada's email
      Then only Ada is found
      And a search for Ada's old email finds no user

  @rule.pages @use.with_pages=yes
  Rule: The pages of the list together show every user exactly once

    Example: All pages together show the whole list
      Given Ada, Grace, Alan, Barbara, Edsger, Frances and Margaret are users
      When support reads the list page by page
      Then no page exceeds its size
      And no user is on two pages
      And all pages together show the same users as the list
      And a page past the end is empty

    @edge
    Example: A page far past the end is empty
      Given Ada is a user
      When support requests page "100000000" with page size "10"
      Then the result is empty

    @edge
    Scenario Outline: A page that would begin after 2^<power> users is empty or refused
      Given Ada is a user
      When support requests page "<page>" with page size "64"
      Then the result is empty or the request is refused as invalid

      Examples:
        | power | page               |
        | 31    | 33554433           |
        | 32    | 67108865           |
        | 63    | 144115188075855873 |
        | 64    | 288230376151711745 |

    Example: A page no longer shows a deleted user
      Given Grace and Ada are users
      And support has read the page of size 1 that shows Ada
      When Ada deletes their account
      Then Ada's account is gone
      And that page no longer shows Ada

    @slow
    Example: Deleted users disappear from all pages
      Given 30 users have signed up at once
      When support reads the list in pages of 20 users
      And every second user deletes their account at the same moment
      Then the deleted accounts are gone and the others are shown as created
      And no page of that size shows a deleted user

    @slow
    Example: Users with the same name are on the pages as well
      Given 30 users with the same name have signed up at once
      When support reads the list in pages of 7 users
      Then no user is on two pages
      And all pages together show the same users as the list

    @edge @slow
    Example: All pages that are read at once together show the whole list
      Given 30 users have signed up at once
      When support reads all pages of the list at once
      Then no user is on two pages
      And all pages together show the same users as the list

    @use.with_patch=yes
    Example: A page shows Ada's new name immediately after an update
      Given Ada is a user
      And support has read the page that shows Ada
      And Ada has changed their name with an update
      When support reads the page that shows Ada
      Then the page shows Ada's current data

    @use.with_put=yes
    Example: A page shows Ada's new name immediately after a replacement
      Given Ada is a user
      And support has read the page that shows Ada
      And Ada has changed their name with a replacement
      When support reads the page that shows Ada
      Then the page shows Ada's current data

    @edge
    Example: Pages of size 1 together show the whole list
      Given Ada, Grace and Alan are users
      When support reads the list page by page, 1 user per page
      Then no page exceeds its size
      And no user is on two pages
      And all pages together show the same users as the list

    @edge @slow
    Example: All pages together show the whole list if no size is requested
      Given 60 users have signed up at once
      When support reads the list page by page, without naming a size
      Then no user is on two pages
      And all pages together show the same users as the list

    @edge @slow
    Example: Many users are on the pages and in the list, and their emails are found and stay taken
      Given 210 users have signed up at once
      When support reads the list in pages of the maximum size
      Then the list shows each new user exactly once
      And the first, the last and some of the others are found by email, with and without pages
      And no other user can sign up with the emails of those who were found
      And each list that is read while more users sign up shows exactly once each user who had already signed up
      And no page exceeds its size
      And no user is on two pages
      And all pages together show the same users as the list

  @rule.pages @use.with_pages=yes
  Rule: An invalid page is refused

    @negative @edge
    Scenario Outline: A page number of <page> is refused
      Given Ada is a user
      When support requests page "<page>" with page size "10"
      Then the request is refused as invalid

      Examples:
        | page | why                                    |
        | 0    | pages are counted from 1               |
        | -1   | pages are counted from 1               |
        | one  | a word is not a number                 |
        | 1.5  | a page number is an integer            |
        | 1e1  | a page number has digits only          |
        | 0x1  | a page number has digits only          |
        | 1_0  | a page number has digits only          |
        | 2x   | a number with a suffix is not a number |

    @negative @edge
    Scenario Outline: A page number of <page> without a page size is refused
      Given Ada is a user
      When support requests page "<page>" without a page size
      Then the request is refused as invalid

      Examples:
        | page |
        | 0    |
        | one  |

    @negative
    Example: An invalid page of a search is refused
      Given Ada is a user
      When support searches for Ada's email on page 0 with page size 10
      Then the request is refused as invalid

  @rule.pages @use.with_page_sizes=yes
  Rule: A page size from one to a hundred is accepted, and any other is refused

    @edge
    Scenario Outline: A page size of <size> is accepted
      Given Ada, Grace and Alan are users
      When support requests page "1" with page size "<size>"
      Then the page shows between 1 and <size> users

      Examples:
        | size |
        | 1    |
        | 2    |
        | 100  |

    @negative @edge
    Scenario Outline: A page size of <size> is refused
      Given Ada is a user
      When support requests page "1" with page size "<size>"
      Then the request is refused as invalid

      Examples:
        | size | why                                    |
        | 1.5  | a page size is an integer              |
        | 1e1  | a page size has digits only            |
        | 0x5  | a page size has digits only            |
        | 1_0  | a page size has digits only            |
        | 0    | a page holds at least one user         |
        | -1   | a page holds at least one user         |
        | 101  | a page holds at most 100 users         |
        | 1000 | a page holds at most 100 users         |
        | 5x   | a number with a suffix is not a number |
        | ten  | a word is not a number                 |

    @negative @edge
    Scenario Outline: A page size of <size> without a page number is refused
      Given Ada is a user
      When support requests page size "<size>" without a page number
      Then the request is refused as invalid

      Examples:
        | size |
        | 0    |
        | 101  |
        | ten  |
