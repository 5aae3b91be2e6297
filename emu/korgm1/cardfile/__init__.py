"""Program cards and PCM cards as files: the format of OpenM1's cards, the file beside an image, what a foreign one is.

>>> from korgm1.cardfile import card_format
>>> card_format.identify(card_format.build(card_format.FORMATS[0], b"")).format.name
'100PROG/100COMBI'
"""
