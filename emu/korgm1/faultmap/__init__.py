"""Which bits of a firmware matter for a boot (korgm1 rom fault-map): each is flipped, and what is booted is compared.

module     what
boots      one boot with some bytes, as a fingerprint; what two fingerprints differ in
touched    which bytes of the ROM a boot executes or reads
mapping    all bits of a region, on the processors of this machine, with a journal
table      the result as rows, a CSV file, and in a few lines
"""
