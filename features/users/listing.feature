@contract
Feature: The directory of users
  Support opens the list to see who is there, and looks people up by their address.
  Somebody missing is somebody who cannot be helped.

  @rule.list
  Rule: The list shows everybody who is there, as they are

    @smoke
    Example: Ada is in the list as soon as she has signed up
      Given Ada is a user
      When the list is read
      Then the list shows Ada exactly once

    Example: Several newcomers are all in the list
      Given Ada, Grace, Alan, Barbara and Edsger are users
      When the list is read
      Then the list shows each of them exactly once

    @edge
    Scenario Outline: A user with <quirk> is in the list
      Given a user with <quirk>
      When the list is read
      Then the list shows her exactly once

      Examples:
        | quirk                        |
        | a name in Chinese characters |
        | a name of 200 characters     |
        | an address in capitals       |

    Example: Two of the same name are both in the list
      Given Grace is a user
      And Ada is a user under Grace's name
      When the list is read
      Then the list shows each of them exactly once

    Example: More newcomers than fit on a page are all in the list
      Given 120 people have signed up at once
      When the list is read
      Then each of them is in the list once

    Scenario Outline: The list shows at once that Ada was renamed by <change>
      Given Ada is a user
      And the list has been read
      When Ada is renamed by <change>
      And the list is read
      Then the list shows Ada exactly once

      Examples:
        | change   |
        | changing |

      @use.with_put=yes
      Examples: by replacement
        | change    |
        | replacing |

    Example: Somebody who left is not in the list any more
      Given Ada and Grace are users
      When Ada leaves
      Then the list no longer shows Ada
      And the list still shows Grace

  @rule.filter-email @use.with_email_filter=yes
  Rule: An address finds exactly the user who has it

    @smoke
    Example: Ada is found by her address
      Given Ada and Grace are users
      When Ada's address is looked up
      Then exactly Ada is found

    Example: Ada is found in whatever letter case
      Given Ada is a user
      When Ada's address is looked up in capitals
      Then exactly Ada is found

    Example: An address with capitals is found in small letters
      Given a user with an address with capitals
      When her address is looked up in small letters
      Then exactly she is found

    @edge
    Scenario Outline: Ada is found, and not somebody whose address <relation> hers
      Given Ada is a user
      And Grace is a user whose address <relation> Ada's
      When Ada's address is looked up
      Then exactly Ada is found

      Examples:
        | relation    |
        | begins with |
        | ends with   |
        | is nearly   |

    @edge
    Example: An address with a +tag is found
      Given a user with an address with a +tag
      When her address is looked up
      Then exactly she is found

    @edge
    Scenario Outline: Nobody is found by <what>
      Given Ada is a user
      When <what> is looked up
      Then nobody is found by it

      Examples:
        | what                              | why                                     |
        | an address that nobody has        | it is no error to ask                   |
        | the beginning of Ada's address    | a part of an address is not the address |
        | Ada's address with a percent sign | a wildcard of databases                 |
        | Ada's address with an underscore  | another wildcard of databases           |
        | Ada's address without its dots    | dots tell people apart                  |

    @edge
    Scenario Outline: Nobody is found by <what>, which is no proper address
      Given Ada is a user
      When <what> is looked up
      Then nobody is found by it, or it is refused as invalid

      Examples:
        | what                              | why                                      |
        | the domain of Ada's address       | it would show everybody of a company     |
        | Ada's address with a star         | one more wildcard                        |
        | what stands before the @ of Ada's | the name before the @ is not the address |
        | Ada's name                        | a name is not an address                 |

    @edge @use.with_pages=yes
    Scenario Outline: <person> is alone on the first page of what is found, <limit> a page
      Given Ada and Grace are users
      When <person>'s address is looked up, page 1 of <limit>
      Then exactly <person> is found

      Examples:
        | person | limit | why                                                |
        | Ada    | 10    | one page has room for everybody who is found       |
        | Ada    | 1     | she is not looked for among the first of all users |
        | Grace  | 1     | nor among the last                                 |

    @edge
    Example: An address of 254 characters is found, and not one that differs in its end
      Given Ada is a user
      And Grace is a user whose address is as long as can be
      And Alan is a user whose address differs near its end from Grace's
      When Grace's address is looked up
      Then exactly Grace is found

    Example: Ada is found, although she was looked for before she signed up
      Given the address that Ada will have was looked up
      When Ada signs up with the address that was looked up
      Then Ada is welcomed
      And exactly Ada is found by her address

    Scenario Outline: Ada is found as she is, although she was looked up before she was renamed by <change>
      Given Ada is a user
      And Ada's address has been looked up
      When Ada is renamed by <change>
      And Ada's address is looked up
      Then exactly Ada is found

      Examples:
        | change   |
        | changing |

      @use.with_put=yes
      Examples: by replacement
        | change    |
        | replacing |

    Example: Somebody who left is not found any more
      Given Ada is a user
      And Ada's address has been looked up
      When Ada leaves
      Then Ada is no longer found by her address

    Example: Somebody who moved and left is not found any more
      Given Ada is a user
      And Ada has given up her address by changing
      When Ada leaves
      Then Ada is no longer found by her address

    Example: Somebody who moved is found by the new address only
      Given Ada is a user
      And Ada's address has been looked up
      When Ada moves to a new address
      Then Ada is found by her new address
      And nobody is found by her old address

  @rule.pages @use.with_pages=yes
  Rule: The list can be read page by page

    Example: All pages together are the list
      Given Ada, Grace, Alan, Barbara, Edsger, Frances and Margaret are users
      When the list is read page by page
      Then no page shows more than its limit
      And nobody is on two pages
      And all pages together are the list
      And a page past the end is empty

    @edge
    Scenario Outline: Page <page> of <limit> is far past the end, and empty
      Given Ada is a user
      When page "<page>" with "<limit>" users is read
      Then nobody is found by it

      Examples:
        | page       | limit |
        | 1000000000 | 100   |

    Scenario Outline: A page shows at once that Ada was renamed by <change>
      Given Ada is a user
      And Ada's page has been read
      When Ada is renamed by <change>
      Then Ada's page shows her as she is

      Examples:
        | change   |
        | changing |

      @use.with_put=yes
      Examples: by replacement
        | change    |
        | replacing |

    @edge
    Example: Pages of one user each hold together
      Given Ada, Grace and Alan are users
      When the list is read page by page, 1 at a time
      Then no page shows more than its limit
      And nobody is on two pages
      And all pages together are the list

    @edge
    Example: Pages as large as can be hold together
      Given 120 people have signed up at once
      When the list is read in pages as large as can be
      Then no page shows more than its limit
      And nobody is on two pages
      And all pages together are the list

    @edge
    Scenario Outline: The smallest and the largest page, <limit> at a time
      Given Ada, Grace and Alan are users
      When a page of <limit> is read
      Then the page shows between 1 and <limit> users

      Examples:
        | limit |
        | 1     |
        | 2     |
        | 100   |

    @negative @edge
    Scenario Outline: There is no page "<page>" of "<limit>"
      Given Ada is a user
      When page "<page>" with "<limit>" users is read
      Then it is refused as invalid

      Examples:
        | page | limit | why                            |
        | 0    | 10    | pages are counted from 1       |
        | -1   | 10    | pages are counted from 1       |
        | one  | 10    | a word is not a number         |
        | 1.5  | 10    | there is nothing in between    |
        | 1    | 1.5   | there is nothing in between    |
        | 1    | 0     | a page without users           |
        | 1    | -1    | a page with less than none     |
        | 1    | 101   | more than a page may hold      |
        | 1    | 1000  | far more than a page may hold  |
        | 2x   | 10    | a number and more is no number |
        | 1    | 5x    | a number and more is no number |
        | 1    | ten   | a word is not a number         |

    @negative @edge
    Scenario Outline: There is no page "<page>", whatever its size
      Given Ada is a user
      When page "<page>" is read without a limit
      Then it is refused as invalid

      Examples:
        | page |
        | 0    |
        | one  |

    @negative @edge
    Scenario Outline: There is no first page of "<limit>"
      Given Ada is a user
      When a page of "<limit>" is read without a number
      Then it is refused as invalid

      Examples:
        | limit |
        | 0     |
        | 101   |
        | ten   |
