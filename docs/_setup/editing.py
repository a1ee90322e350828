from skyseg import BandData, Edits

other = BandData.from_files("f444w_i2d.fits", work_dir="colleague")
other.segment()
theirs = Edits(other, path="colleague_edits.json", who="a colleague")
theirs.mark(2, "star")
theirs.delete(5)
