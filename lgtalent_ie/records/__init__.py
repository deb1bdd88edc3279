"""Records made from mentions: dates, counts, organisations, quotes, relations, facts.

Each record has one reader over a Reading, in the module of its name. Below each the modules it is
made of, in the order to read them; what needs the records above it stands further down.

    tables/               words and rules, one table a file, an example in every row
    characters, offsets   what all share

    organizations         organization_names: one surface taken apart
                          disjoint_sets: names that are one; linking: a list of the user's

    dates                 dates_calendar: arithmetic and the days of an ISO value
                          dates_expressions: what an expression says before any anchor is known
                          dates_numerals, dates_units, dates_foreign, dates_signs,
                          dates_lexicon: its pieces
                          dates_chains, dates_grammar: how they join; dates_whole: what is
                          read of whole strings alone
                          dates_lunar, dates_solar: days of the lunar year and of solar terms
                          dates_values: times and sets
                          dates_point, dates_resolve: from an expression to its value
                          dates_reading: anchor, order of telling and direction in a document

    counts                numerals, units, measure_units: numbers, units, both side by side
                          measure_ratios, measure_two_units, measure_money: shares, `1미터 80`, $
                          measures: a number with its unit at one position
                          numbers: where quantities stand; quantities: what one says
                          noun_phrases: runs of nouns; counted_place: which can be counted
                          counted_nothing: numbers that count nothing; counted_lists,
                          counted_periods, counted_ratios: coordination, dates of sums, shares
                          counted, counted_behind, counted_topics: what is counted, before,
                          behind and across; counted_shared: numbers that go on from others

    quotes                quote_marks: pairs of marks; quote_page: the writer's sentences
                          quote_tables, quote_cues: the verb that reports
                          speakers: the phrase that names the source
                          quote_kinds: speech, or a name in marks
                          speaker_names: who the phrase means
                          quote_neighbours: the sentences around; quote_indirect: no marks

    relations             relation_tables: frames and classes of nouns
                          clause_tokens: a sentence as tokens; patterns: tokens side by side
                          clauses, arguments: predicates and what fills their roles
                          names: who is who in the document
                          pieces: sentences apart from the quotations in them
                          relation_found: one per type and pair of names
                          relation_lists: names in a row; relation_passes: what is left unsaid
                          proposals: what the model says of the mentions of a sentence
                          relation_vetoes: and what speaks against it

    facts                 on the clauses and frames of relations, merged over sentences
"""
