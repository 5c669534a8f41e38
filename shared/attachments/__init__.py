"""Papers that the records of every service carry: streamed, typed by content, hashed, fenced, sealed and limited.

A client uploads a paper to a record (`POST /v1/attachments?record=application&record_id=…&kind=…`, the body
is the file) and names its id in the act that rests on it. What an act must do:

    class ChangeIn(BaseModel):
        attachments: Attached                                    # ids; a list of 1 to 20

    change = Change(id=uuid7(now(session)), …)                   # the act's own row: it has an `id`
    session.add(change)
    papers = await require(session, body.attachments, application, "change_evidence", act=change)
    await record_act(session, "request_change", case_of(application), **facts_of(papers))
    …
    await decided(session, change)                               # with the decision: the papers are fixed from now on

`require` refuses ids that are not papers of this record and kind, or were withdrawn, in words that name the way out;
`facts_of` gives ids and hashes for the act's record. `papers_of` returns the papers on which an act rests, for answers.
Until `decided` a paper may be replaced or withdrawn with a reason, which raises the version of the act's record: what
the second person read is what is decided. Papers that precede their record (a budget document) belong to a desk:
pass its name and district, `require(session, ids, Desk("treasury", CITY), …)`.

Which record may carry which paper, who adds and who reads it stands in `services/<name>/papers.py`.
"""

from shared.attachments.requests import Attached, AttachedOptional
from shared.attachments.uses import Desk, decided, facts_of, papers_of, require

__all__ = ["Attached", "AttachedOptional", "Desk", "decided", "facts_of", "papers_of", "require"]
