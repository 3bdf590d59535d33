"""Reports for people outside: plain data in, a document out, and the document as PDF or HTML. Pure, no network."""
