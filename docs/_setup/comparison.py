from astropy.io import fits

truth = fits.getdata("data/truth/JOF/v11/JOF_nircam_f444w_v11_truth_seg.fits")
