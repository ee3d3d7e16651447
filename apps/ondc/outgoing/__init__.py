"""
Everything UMA says on the network: typed builders that cannot make a wrong form.

`rides`, `transit` and `retail` make a message for one version of one domain, as its profile says;
`wire` turns it into the bytes that are signed and sent.
"""
